/** The calls about the program itself: arguments, environment, clocks, chance, its end. */
import { until } from '../primitives/waiting.ts';
import { CallFailure, type Errno, errno } from './errno.ts';
import type { Answer, Call, Context, Guest } from './guest.ts';
import type { GuestMemory } from './guest-memory.ts';
import type { GuestWorld } from './world.ts';

const encoder = new TextEncoder();
const randomChunkBytes = 65_536;

function terminated(texts: readonly string[]): Uint8Array[] {
  return texts.map((text) => encoder.encode(`${text.replaceAll('\0', '')}\0`));
}

function argumentsOf({ args }: GuestWorld): Uint8Array[] {
  return terminated(args);
}

function environmentOf({ environment }: GuestWorld): Uint8Array[] {
  return terminated(Object.entries(environment).map(([name, value]) => `${name}=${value}`));
}

function writeSizes(memory: GuestMemory, strings: readonly Uint8Array[], countPointer: number, bytesPointer: number) {
  memory.setU32(countPointer, strings.length);
  memory.setU32(
    bytesPointer,
    strings.reduce((sum, { length }) => sum + length, 0),
  );
}

function writeStrings(guest: Guest, strings: readonly Uint8Array[], table: number, buffer: number): void {
  let at = buffer >>> 0;
  for (const [index, string] of strings.entries()) {
    guest.memory.setU32((table >>> 0) + index * 4, at);
    guest.memory.bytes(at, string.length).set(string);
    guest.move(string.length);
    at += string.length;
  }
}

const realtime = 0;
/** The clock that never goes back. */
export const monotonic = 1;

/** Nanoseconds of one of the two clocks that are granted. */
export function clockNanoseconds(world: GuestWorld, clock: number): bigint {
  if (clock === realtime) return BigInt(Math.floor(world.now())) * 1_000_000n;
  if (clock === monotonic) return BigInt(Math.floor(world.monotonic() * 1e6));
  throw new CallFailure(errno.notSupported);
}

/** Others have their turn between two chunks. */
function randomGet({ guest }: Context, pointer: number, length: number): Answer {
  let at = 0;
  const fillChunk = (): Errno | undefined => {
    const target = guest.memory.bytes(pointer, length).subarray(at, at + randomChunkBytes);
    target.set(guest.world.random(target.length));
    at += target.length;
    guest.move(target.length);
    return at === length >>> 0 ? errno.success : undefined;
  };
  return until(fillChunk, () => guest.world.giveWay?.());
}

/** The calls by their names. */
export const programCalls = {
  args_sizes_get: ({ guest }: Context, count: number, bytes: number): Answer =>
    void writeSizes(guest.memory, argumentsOf(guest.world), count, bytes),
  args_get: ({ guest }: Context, table: number, buffer: number): Answer =>
    void writeStrings(guest, argumentsOf(guest.world), table, buffer),
  environ_sizes_get: ({ guest }: Context, count: number, bytes: number): Answer =>
    void writeSizes(guest.memory, environmentOf(guest.world), count, bytes),
  environ_get: ({ guest }: Context, table: number, buffer: number): Answer =>
    void writeStrings(guest, environmentOf(guest.world), table, buffer),
  clock_res_get: ({ guest }: Context, clock: number, pointer: number): Answer => {
    if (clock !== realtime && clock !== monotonic) return errno.notSupported;
    guest.memory.setU64(pointer, clock === realtime ? 1_000_000n : 1_000n);
    return undefined;
  },
  clock_time_get: ({ guest }: Context, clock: number, _precision: bigint, pointer: number): Answer =>
    void guest.memory.setU64(pointer, clockNanoseconds(guest.world, clock)),
  random_get: randomGet,
  proc_exit: ({ guest }: Context, code: number): Answer => guest.world.leave(code | 0),
  proc_raise: (): Answer => errno.noSystemCall,
  sched_yield: ({ guest }: Context): Answer => guest.world.wait([], 0)?.then(() => undefined),
} satisfies Readonly<Record<string, Call>>;
