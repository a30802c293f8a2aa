import { memoryDirectory } from '../../../../device-agent/runtime/primitives/memory-directory.ts';
import { OpenDirectory } from '../../../../device-agent/runtime/primitives/open-directory.ts';
import { Quota, type QuotaLimits } from '../../../../device-agent/runtime/primitives/quota.ts';
import { emptyInput, outputTo } from '../../../../device-agent/runtime/primitives/streams.ts';
import { blockingWait } from '../../../../device-agent/runtime/primitives/waiting.ts';
import { Guest as Program } from '../../../../device-agent/runtime/wasi/guest.ts';
import { answerOf, systemCall, wasiModule } from '../../../../device-agent/runtime/wasi/preview1.ts';
import type { GuestWorld } from '../../../../device-agent/runtime/wasi/world.ts';
import type { DirectoryHandle } from '../../../../platform/file-handles.ts';

const encoder = new TextEncoder();

/** Room for whatever a test does that is not about quotas. */
export const roomy: QuotaLimits = { bytesMax: 2 ** 40, entriesMax: 100_000, openMax: 1000 };

/** A directory as a guest is given it. */
export function granted(
  handle: DirectoryHandle,
  { isWritable = true, limits = roomy, used = { bytes: 0, entries: 0 } } = {},
): OpenDirectory {
  return new OpenDirectory(handle, { isWritable, quota: new Quota(limits, used) });
}

/** A world without a guest: its clock moves when it blocks, what it prints is kept. */
export function newWorld(changes: Partial<GuestWorld> = {}) {
  const printed: string[] = [];
  let nowMs = 1_800_000_000_000;
  const printer = (stream: string) => ({
    ...outputTo((bytes) => printed.push(`${stream}:${new TextDecoder().decode(bytes)}`)),
    isTerminal: true,
  });
  const world: GuestWorld = {
    args: ['app', 'one'],
    environment: { PORT: 'Hamburg' },
    directories: {
      '/config': granted(memoryDirectory({ 'config.json': encoder.encode('{"a":1}') }), { isWritable: false }),
    },
    stdin: emptyInput,
    stdout: printer('stdout'),
    stderr: printer('stderr'),
    now: () => nowMs,
    monotonic: () => nowMs - 1_800_000_000_000,
    random: (length) => new Uint8Array(length).fill(7),
    wait: blockingWait((delayMs) => {
      nowMs += delayMs;
    }),
    leave: (exitCode) => {
      throw new Error(`exit ${exitCode}`);
    },
    ...changes,
  };
  return { world, printed, now: () => nowMs };
}

/** A guest without a module: its memory in the test's hands, its calls to be made one by one. */
export function newGuest(changes: Partial<GuestWorld> = {}, from: string = wasiModule) {
  const { world, printed, now } = newWorld(changes);
  const guest = new Program(world);
  const linear = new WebAssembly.Memory({ initial: 1, maximum: 2 });
  guest.memory.attach(linear);
  return {
    printed,
    linear,
    now,
    close: () => guest.close(),
    moved: () => guest.takeMoved(),
    call: (name: string, ...values: (number | bigint)[]) => answerOf(systemCall(from, name)!, guest, values as never[]),
    view: () => new DataView(linear.buffer),
    poke: (at: number, value: string | readonly number[] | Uint8Array) => {
      const bytes = typeof value === 'string' ? encoder.encode(value) : Uint8Array.from(value);
      new Uint8Array(linear.buffer).set(bytes, at);
      return bytes.length;
    },
    peek: (at: number, length: number) => new TextDecoder().decode(new Uint8Array(linear.buffer, at, length)),
  };
}

export type Guest = ReturnType<typeof newGuest>;

/** All rights but the one to write: as programs ask that open for reading. */
const lookingRights = ((1n << 30n) - 1n) & ~(1n << 6n);
/** All rights. */
export const allRights = (1n << 30n) - 1n;

const pathAt = 1024;
const toPathAt = 8192;
const resultAt = 2048;

/** Opens a path below a descriptor; gives the error number and the descriptor. */
export function open(
  guest: Guest,
  path: string | Uint8Array,
  {
    directory = 3,
    lookup = 0,
    flags = 0,
    rights = lookingRights,
    inheriting = lookingRights,
    descriptorFlags = 0,
  } = {},
) {
  const length = guest.poke(pathAt, path);
  const error = guest.call(
    'path_open', directory, lookup, pathAt, length, flags, rights, inheriting, descriptorFlags, resultAt,
  ); // biome-ignore format: one call
  return { error, descriptor: guest.view().getUint32(resultAt, true) };
}

/** Calls `name` with a path between what stands before and behind it. */
export function onPath(
  guest: Guest,
  name: string,
  path: string,
  {
    directory = 3,
    before = [],
    behind = [],
  }: {
    readonly directory?: number;
    readonly before?: readonly number[];
    readonly behind?: readonly (number | bigint)[];
  } = {},
) {
  return guest.call(name, directory, ...before, pathAt, guest.poke(pathAt, path), ...behind);
}

/** path_rename and path_link; both below the given descriptors. */
export function twoPaths(
  guest: Guest,
  name: 'path_rename' | 'path_link',
  path: string,
  toPath: string,
  [from, to] = [3, 3],
) {
  const length = guest.poke(pathAt, path);
  const toLength = guest.poke(toPathAt, toPath);
  const lookup = name === 'path_link' ? [0] : [];
  return guest.call(name, from!, ...lookup, pathAt, length, to!, toPathAt, toLength);
}

export function symlink(guest: Guest, target: string, path: string, directory = 3) {
  const length = guest.poke(pathAt, target);
  return guest.call('path_symlink', pathAt, length, directory, toPathAt, guest.poke(toPathAt, path));
}

/** fd_write of a text; gives the error number and the bytes written. */
export function write(guest: Guest, descriptor: number, text: string | Uint8Array) {
  guest.view().setUint32(0, 16_384, true);
  guest.view().setUint32(4, guest.poke(16_384, text), true);
  const error = guest.call('fd_write', descriptor, 0, 1, 8);
  return { error, written: guest.view().getUint32(8, true) };
}

/** fd_read of at most `length` bytes; gives the error number and the text. */
export function read(guest: Guest, descriptor: number, length = 100) {
  guest.view().setUint32(0, 16_384, true);
  guest.view().setUint32(4, length, true);
  const error = guest.call('fd_read', descriptor, 0, 1, 8);
  return { error, text: error === 0 ? guest.peek(16_384, guest.view().getUint32(8, true)) : '' };
}
