/** The calls on descriptors besides those that move bytes. */
import type { OpenFile } from '../primitives/open-file.ts';
import type { Descriptor } from './descriptors.ts';
import { CallFailure, errno } from './errno.ts';
import { checkedFlags, descriptorFlag, timesOf } from './flags.ts';
import { type Answer, type Call, type Context, done, type Guest } from './guest.ts';
import { type Whence, writeDescriptorStat, writeNodeStat, writeStreamStat } from './layout.ts';
import { clockNanoseconds } from './program-calls.ts';
import { right } from './rights.ts';

const advicesMax = 5;

/** A file with these rights; what is none has no positions. */
function seekable(guest: Guest, number: number, rights: bigint): { descriptor: Descriptor; file: OpenFile } {
  const { target } = guest.descriptors.get(number);
  if (target.kind === 'directory') throw new CallFailure(errno.isDirectory);
  if (target.kind !== 'file') throw new CallFailure(errno.illegalSeek);
  return { descriptor: guest.descriptors.with(number, rights), file: target.file };
}

function fileWith(guest: Guest, number: number, rights: bigint): OpenFile {
  const { target } = guest.descriptors.with(number, rights);
  if (target.kind !== 'file') throw new CallFailure(errno.badDescriptor);
  return target.file;
}

function seekTarget(file: OpenFile, position: number, offset: bigint, whence: Whence): number {
  const bases = { start: () => 0, current: () => position, end: () => file.size() };
  const target = BigInt(bases[whence]()) + offset;
  if (target < 0n || target > BigInt(Number.MAX_SAFE_INTEGER)) throw new CallFailure(errno.invalid);
  return Number(target);
}

function fdSeek({ guest, dialect }: Context, number: number, offset: bigint, from: number, pointer: number): Answer {
  const whence = dialect.whences[from];
  const isTell = whence === 'current' && offset === 0n;
  const { descriptor, file } = seekable(guest, number, isTell ? right.tell : right.seek);
  if (whence === undefined) return errno.invalid;
  const position = seekTarget(file, descriptor.position, offset, whence);
  guest.memory.setU64(pointer, BigInt(position));
  descriptor.position = position;
  return undefined;
}

function fdSync({ guest }: Context, number: number, rights: bigint): Answer {
  const { target } = guest.descriptors.with(number, rights);
  if (target.kind === 'file') return done(target.file.sync());
  return target.kind === 'directory' ? done(target.directory.sync()) : errno.invalid;
}

function fdAllocate({ guest }: Context, number: number, offset: bigint, length: bigint): Answer {
  const file = fileWith(guest, number, right.allocate);
  if (length === 0n) return errno.invalid;
  const end = BigInt.asUintN(64, offset) + BigInt.asUintN(64, length);
  if (end > BigInt(Number.MAX_SAFE_INTEGER)) return errno.fileTooLarge;
  if (Number(end) > file.size()) file.resize(Number(end));
  return undefined;
}

function fdSetSize({ guest }: Context, number: number, size: bigint): Answer {
  const file = fileWith(guest, number, right.setSize);
  const bytes = BigInt.asUintN(64, size);
  if (bytes > BigInt(Number.MAX_SAFE_INTEGER)) return errno.fileTooLarge;
  file.resize(Number(bytes));
  return undefined;
}

function fdSetTimes({ guest }: Context, number: number, accessed: bigint, modified: bigint, flags: number): Answer {
  const { target } = guest.descriptors.with(number, right.setTimes);
  const times = timesOf(flags, accessed, modified, clockNanoseconds(guest.world, 0));
  if (target.kind === 'file') target.file.setTimes(times);
  else if (target.kind === 'directory') target.directory.setTimes(times);
  else return errno.badDescriptor;
  return undefined;
}

function fdStat({ guest, dialect }: Context, number: number, pointer: number): Answer {
  const descriptor = guest.descriptors.with(number, right.stat);
  const { target } = descriptor;
  const view = guest.memory.view(pointer, dialect.statBytes);
  if (target.kind === 'file') writeNodeStat(view, dialect, target.file.stat());
  else if (target.kind === 'directory') writeNodeStat(view, dialect, target.directory.stat());
  else writeStreamStat(view, descriptor);
  return undefined;
}

/** Rights can be given up and never come back. */
function fdSetRights({ guest }: Context, number: number, base: bigint, inheriting: bigint): Answer {
  const descriptor = guest.descriptors.get(number);
  const wanted = { base: BigInt.asUintN(64, base), inheriting: BigInt.asUintN(64, inheriting) };
  const { rights } = descriptor;
  if (wanted.base & ~rights.base || wanted.inheriting & ~rights.inheriting) return errno.notCapable;
  descriptor.rights = wanted;
  return undefined;
}

/** The calls by their names. */
export const descriptorCalls = {
  fd_seek: fdSeek,
  fd_tell: ({ guest }: Context, number: number, pointer: number): Answer =>
    void guest.memory.setU64(pointer, BigInt(seekable(guest, number, right.tell).descriptor.position)),
  fd_close: ({ guest }: Context, number: number): Answer => done(guest.descriptors.close(number)),
  fd_renumber: ({ guest }: Context, from: number, to: number): Answer => done(guest.descriptors.renumber(from, to)),
  fd_fdstat_get: ({ guest }: Context, number: number, pointer: number): Answer =>
    void writeDescriptorStat(guest.memory.view(pointer, 24), guest.descriptors.get(number)),
  fd_fdstat_set_flags: ({ guest }: Context, number: number, flags: number): Answer => {
    guest.descriptors.with(number, right.setFlags).flags = checkedFlags(flags, descriptorFlag);
    return undefined;
  },
  fd_fdstat_set_rights: fdSetRights,
  fd_advise: ({ guest }: Context, number: number, _offset: bigint, _length: bigint, advice: number): Answer => {
    fileWith(guest, number, right.advise);
    return advice >>> 0 > advicesMax ? errno.invalid : undefined;
  },
  fd_allocate: fdAllocate,
  fd_sync: (context: Context, number: number): Answer => fdSync(context, number, right.sync),
  fd_datasync: (context: Context, number: number): Answer => fdSync(context, number, right.dataSync),
  fd_filestat_get: fdStat,
  fd_filestat_set_size: fdSetSize,
  fd_filestat_set_times: fdSetTimes,
} satisfies Readonly<Record<string, Call>>;
