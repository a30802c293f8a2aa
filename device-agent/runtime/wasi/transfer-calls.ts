/** The calls that move bytes: reading and writing of files and streams. */

import type { InputStream, OutputStream } from '../../../platform/streams.ts';
import type { OpenFile } from '../primitives/open-file.ts';
import { until } from '../primitives/waiting.ts';
import type { Descriptor, Target } from './descriptors.ts';
import { CallFailure, errno } from './errno.ts';
import { descriptorFlag } from './flags.ts';
import type { Answer, Call, Context, Guest } from './guest.ts';
import { right } from './rights.ts';

/** Positions above it are no exact numbers. */
const positionMax = BigInt(Number.MAX_SAFE_INTEGER);

/** Fills the vectors until one stays short; gives the bytes read. */
function fill(vectors: readonly Uint8Array[], read: (into: Uint8Array, done: number) => number): number {
  let done = 0;
  for (const vector of vectors) {
    const count = read(vector, done);
    done += count;
    if (count < vector.length) break;
  }
  return done;
}

function inputOf(target: Target): InputStream | undefined {
  if (target.kind === 'input') return target.stream;
  return target.kind === 'connection' ? target.connection.input : undefined;
}

function outputOf(target: Target): OutputStream | undefined {
  if (target.kind === 'output') return target.stream;
  return target.kind === 'connection' ? target.connection.output : undefined;
}

function fileOf(target: Target): OpenFile {
  if (target.kind === 'file') return target.file;
  throw new CallFailure(target.kind === 'directory' ? errno.isDirectory : errno.illegalSeek);
}

/** Tries until the stream has something to say, and tells the guest the count; a descriptor that must not wait says so instead. */
export function transfer(
  guest: Guest,
  descriptor: Descriptor,
  stream: InputStream | OutputStream,
  attempt: () => number | undefined,
  countPointer: number,
): Answer {
  const mustNotWait = (descriptor.flags & descriptorFlag.nonBlocking) !== 0;
  const tell = (count: number): undefined => guest.memory.setU32(countPointer, count);
  const count = until(attempt, () => {
    if (mustNotWait) throw new CallFailure(errno.again);
    return guest.world.wait([stream], Number.POSITIVE_INFINITY);
  });
  return count instanceof Promise ? count.then(tell) : tell(count);
}

/** One attempt to read; undefined when there is nothing yet. The guest's memory is asked for anew at each. */
export function readAttempt(stream: InputStream, vectors: () => readonly Uint8Array[]): () => number | undefined {
  return () => {
    const windows = vectors();
    const count = fill(windows, (into) => stream.read(into));
    return count > 0 || windows.length === 0 || stream.hasEnded() ? count : undefined;
  };
}

/** One attempt to write; undefined when nothing is taken now. */
export function writeAttempt(stream: OutputStream, vectors: () => readonly Uint8Array[]): () => number | undefined {
  return () => {
    const windows = vectors();
    const count = fill(windows, (bytes) => stream.write(bytes));
    return count > 0 || windows.length === 0 ? count : undefined;
  };
}

function readFile(
  guest: Guest,
  file: OpenFile,
  position: number,
  table: number,
  count: number,
  pointer: number,
): number {
  const read = fill(guest.memory.vectors(table, count), (into, done) => file.read(into, position + done));
  guest.memory.setU32(pointer, read);
  return read;
}

function writeFile(descriptor: Descriptor, file: OpenFile, vectors: Uint8Array[], position: number): number {
  const appends = (descriptor.flags & descriptorFlag.append) !== 0;
  const written = fill(vectors, (bytes, done) => {
    // What fitted before the quota or the disk was full is told as a short write.
    try {
      return appends ? file.append(bytes) : file.write(bytes, position + done);
    } catch (error) {
      if (done === 0) throw error;
      return 0;
    }
  });
  if (descriptor.flags & (descriptorFlag.dataSync | descriptorFlag.sync)) file.sync();
  return written;
}

function checkedPosition(offset: bigint): number {
  const position = BigInt.asUintN(64, offset);
  if (position > positionMax) throw new CallFailure(errno.invalid);
  return Number(position);
}

function fdRead({ guest }: Context, number: number, table: number, count: number, pointer: number): Answer {
  const descriptor = guest.descriptors.with(number, right.read);
  guest.memory.bytes(pointer, 4);
  const stream = inputOf(descriptor.target);
  if (stream !== undefined) {
    const attempt = readAttempt(stream, () => guest.memory.vectors(table, count));
    return transfer(guest, descriptor, stream, attempt, pointer);
  }
  const file = fileOf(descriptor.target);
  descriptor.position += readFile(guest, file, descriptor.position, table, count, pointer);
  return undefined;
}

function fdWrite({ guest }: Context, number: number, table: number, count: number, pointer: number): Answer {
  const descriptor = guest.descriptors.with(number, right.write);
  guest.memory.bytes(pointer, 4);
  const stream = outputOf(descriptor.target);
  if (stream !== undefined) {
    const attempt = writeAttempt(stream, () => guest.memory.vectors(table, count));
    return transfer(guest, descriptor, stream, attempt, pointer);
  }
  const file = fileOf(descriptor.target);
  const vectors = guest.memory.vectors(table, count);
  const written = writeFile(descriptor, file, vectors, descriptor.position);
  descriptor.position = descriptor.flags & descriptorFlag.append ? file.size() : descriptor.position + written;
  return void guest.memory.setU32(pointer, written);
}

/** The calls by their names. */
export const transferCalls = {
  fd_read: fdRead,
  fd_write: fdWrite,
  fd_pread: (
    { guest }: Context,
    number: number,
    table: number,
    count: number,
    offset: bigint,
    pointer: number,
  ): Answer => {
    const file = fileOf(guest.descriptors.with(number, right.read).target);
    return void readFile(guest, file, checkedPosition(offset), table, count, pointer);
  },
  fd_pwrite: (
    { guest }: Context,
    number: number,
    table: number,
    count: number,
    offset: bigint,
    pointer: number,
  ): Answer => {
    const descriptor = guest.descriptors.with(number, right.write);
    const file = fileOf(descriptor.target);
    guest.memory.bytes(pointer, 4);
    const vectors = guest.memory.vectors(table, count);
    return void guest.memory.setU32(pointer, writeFile(descriptor, file, vectors, checkedPosition(offset)));
  },
} satisfies Readonly<Record<string, Call>>;
