/** The calls that move bytes: reading and writing of files and streams. */

import { andThen } from '../../../platform/and-then.ts';
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

/** So many bytes of a file are moved before others may have their turn. */
const stretchBytes = 65_536;

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

function mustNotWait({ flags }: Descriptor): boolean {
  return (flags & descriptorFlag.nonBlocking) !== 0;
}

/** Reads what the stream has once it has something, and tells the guest the count; a descriptor that must not wait says so instead. */
export function receive(
  guest: Guest,
  descriptor: Descriptor,
  input: InputStream,
  vectors: () => readonly Uint8Array[],
  countPointer: number,
): Answer {
  // The guest's memory is asked for anew at each attempt.
  const attempt = (): number | undefined => {
    const windows = vectors();
    // Behind the end of a message the next one may be there already.
    const count = fill(windows, (into, done) => (done > 0 && input.available() === 0 ? 0 : input.read(into)));
    return count > 0 || windows.length === 0 || input.hasEnded() ? count : undefined;
  };
  const count = until(attempt, () => {
    if (mustNotWait(descriptor)) throw new CallFailure(errno.again);
    return guest.world.wait([input], Number.POSITIVE_INFINITY);
  });
  return andThen(count, (bytes) => guest.tellMoved(countPointer, bytes));
}

/** The windows behind so many bytes. */
function behind(windows: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let left = bytes;
  return windows.flatMap((window) => {
    const rest = window.subarray(Math.min(left, window.length));
    left -= window.length - rest.length;
    return rest.length === 0 ? [] : [rest];
  });
}

/** What goes to the stream in one write each: all at once where that is a message, and one byte more than it may have is too long. */
function portions(windows: readonly Uint8Array[], messageBytesMax: number | undefined): readonly Uint8Array[] {
  if (messageBytesMax === undefined || windows.length < 2) return windows;
  const bytes = windows.reduce((sum, { length }) => sum + length, 0);
  return [Buffer.concat(windows, Math.min(bytes, messageBytesMax + 1))];
}

/** Writes as far as the stream takes it, portion by portion with turns of others in between; waits only for the first. */
export function send(
  guest: Guest,
  descriptor: Descriptor,
  output: OutputStream,
  vectors: () => readonly Uint8Array[],
  countPointer: number,
): Answer {
  let done = 0;
  const attempt = (): number | undefined => {
    const windows = behind(vectors(), done);
    const wanted = windows.reduce((sum, { length }) => sum + length, 0);
    const taken = fill(portions(windows, output.messageBytesMax?.()), (bytes) => output.write(bytes));
    done += taken;
    return taken === wanted || (done > 0 && !output.isReady()) ? done : undefined;
  };
  const count = until(attempt, () => {
    if (output.isReady()) return guest.world.giveWay?.();
    if (mustNotWait(descriptor)) throw new CallFailure(errno.again);
    return guest.world.wait([output], Number.POSITIVE_INFINITY);
  });
  return andThen(count, (bytes) => guest.tellMoved(countPointer, bytes));
}

function stretchesOf(vectors: readonly Uint8Array[]): readonly Uint8Array[] {
  return vectors.flatMap((vector) =>
    Array.from({ length: Math.ceil(vector.length / stretchBytes) }, (_, index) =>
      vector.subarray(index * stretchBytes, (index + 1) * stretchBytes),
    ),
  );
}

/** As `fill`, with turns of others in between: a file's bytes come all at once, however many they are. */
function fillInTurns(
  guest: Guest,
  vectors: readonly Uint8Array[],
  move: (part: Uint8Array, done: number) => number,
): number | Promise<number> {
  const stretches = stretchesOf(vectors);
  let done = 0;
  let next = 0;
  const fillStretch = (): number | undefined => {
    for (const until = done + stretchBytes; next < stretches.length && done < until; next++) {
      const count = move(stretches[next]!, done);
      done += count;
      if (count < stretches[next]!.length) return done;
    }
    return next === stretches.length ? done : undefined;
  };
  return until(fillStretch, () => guest.world.giveWay?.());
}

function readFile(
  guest: Guest,
  file: OpenFile,
  position: number,
  vectors: readonly Uint8Array[],
): number | Promise<number> {
  return fillInTurns(guest, vectors, (into, done) => file.read(into, position + done));
}

function writeFile(
  guest: Guest,
  descriptor: Descriptor,
  file: OpenFile,
  vectors: readonly Uint8Array[],
  position: number,
): number | Promise<number> {
  const appends = (descriptor.flags & descriptorFlag.append) !== 0;
  const written = fillInTurns(guest, vectors, (bytes, done) => {
    // What fitted before the quota or the disk was full is told as a short write.
    try {
      return appends ? file.append(bytes) : file.write(bytes, position + done);
    } catch (error) {
      if (done === 0) throw error;
      return 0;
    }
  });
  const isSynced = (descriptor.flags & (descriptorFlag.dataSync | descriptorFlag.sync)) !== 0;
  return isSynced ? andThen(written, (count) => andThen(file.sync(), () => count)) : written;
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
  if (stream !== undefined)
    return receive(guest, descriptor, stream, () => guest.memory.vectors(table, count), pointer);
  const file = fileOf(descriptor.target);
  const read = readFile(guest, file, descriptor.position, guest.memory.vectors(table, count));
  return andThen(read, (bytes) => {
    guest.tellMoved(pointer, bytes);
    descriptor.position += bytes;
    return undefined;
  });
}

function fdWrite({ guest }: Context, number: number, table: number, count: number, pointer: number): Answer {
  const descriptor = guest.descriptors.with(number, right.write);
  guest.memory.bytes(pointer, 4);
  const stream = outputOf(descriptor.target);
  if (stream !== undefined) return send(guest, descriptor, stream, () => guest.memory.vectors(table, count), pointer);
  const file = fileOf(descriptor.target);
  const vectors = guest.memory.vectors(table, count);
  return andThen(writeFile(guest, descriptor, file, vectors, descriptor.position), (written) => {
    descriptor.position = descriptor.flags & descriptorFlag.append ? file.size() : descriptor.position + written;
    return guest.tellMoved(pointer, written);
  });
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
    guest.memory.bytes(pointer, 4);
    const read = readFile(guest, file, checkedPosition(offset), guest.memory.vectors(table, count));
    return andThen(read, (bytes) => guest.tellMoved(pointer, bytes));
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
    const written = writeFile(guest, descriptor, file, vectors, checkedPosition(offset));
    return andThen(written, (bytes) => guest.tellMoved(pointer, bytes));
  },
} satisfies Readonly<Record<string, Call>>;
