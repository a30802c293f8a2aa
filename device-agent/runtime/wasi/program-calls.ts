/** The calls about the program itself: arguments, environment, clocks, chance, its end. */
import { CallFailure, type Errno, errno } from './errno.ts';
import type { GuestMemory } from './guest-memory.ts';
import { type GuestWorld, ProgramExit, type SystemCalls } from './world.ts';

const encoder = new TextEncoder();
const randomChunkBytes = 65_536;

/** A list of NUL-terminated strings, as args_get and environ_get hand them out. */
function stringList(memory: GuestMemory, texts: readonly string[]) {
  const strings = texts.map((text) => encoder.encode(`${text.replaceAll('\0', '')}\0`));
  return {
    sizes: (countPointer: number, bytesPointer: number): Errno => {
      memory.setU32(countPointer, strings.length);
      memory.setU32(
        bytesPointer,
        strings.reduce((sum, { length }) => sum + length, 0),
      );
      return errno.success;
    },
    get: (table: number, buffer: number): Errno => {
      let at = buffer >>> 0;
      for (const [index, string] of strings.entries()) {
        memory.setU32((table >>> 0) + index * 4, at);
        memory.bytes(at, string.length).set(string);
        at += string.length;
      }
      return errno.success;
    },
  };
}

/** Nanoseconds of one of the two clocks that are granted. */
export function clockNanoseconds(world: GuestWorld, clock: number): bigint {
  if (clock === 0) return BigInt(Math.floor(world.now())) * 1_000_000n;
  if (clock === 1) return BigInt(Math.floor(world.monotonic() * 1e6));
  throw new CallFailure(errno.notSupported);
}

export function programCalls(world: GuestWorld, memory: GuestMemory): SystemCalls {
  const args = stringList(memory, world.args);
  const environment = stringList(
    memory,
    Object.entries(world.environment).map(([name, value]) => `${name}=${value}`),
  );
  return {
    args_sizes_get: args.sizes,
    args_get: args.get,
    environ_sizes_get: environment.sizes,
    environ_get: environment.get,
    clock_res_get: (clock: number, pointer: number): Errno => {
      if (clock !== 0 && clock !== 1) return errno.notSupported;
      memory.setU64(pointer, clock === 0 ? 1_000_000n : 1_000n);
      return errno.success;
    },
    clock_time_get: (clock: number, _precision: bigint, pointer: number): Errno => {
      memory.setU64(pointer, clockNanoseconds(world, clock));
      return errno.success;
    },
    random_get: (pointer: number, length: number): Errno => {
      const target = memory.bytes(pointer, length);
      for (let at = 0; at < target.length; at += randomChunkBytes) {
        target.set(world.random(Math.min(randomChunkBytes, target.length - at)), at);
      }
      return errno.success;
    },
    proc_exit: (code: number): never => {
      throw new ProgramExit(code | 0);
    },
    proc_raise: (): Errno => errno.noSystemCall,
    sched_yield: (): Errno => errno.success,
  };
}
