import { directoryOf } from '../../../../device-agent/runtime/wasi/file-tree.ts';
import { preview1 } from '../../../../device-agent/runtime/wasi/preview1.ts';
import type { GuestWorld } from '../../../../device-agent/runtime/wasi/world.ts';

const encoder = new TextEncoder();

/** A guest without a module: its memory in the test's hands, its calls to be made one by one. */
export function newGuest(changes: Partial<GuestWorld> = {}) {
  const printed: string[] = [];
  let nowMs = 1_800_000_000_000;
  const world: GuestWorld = {
    args: ['app', 'one'],
    environment: { PORT: 'Hamburg' },
    directories: { '/config': directoryOf({ 'config.json': encoder.encode('{"a":1}') }) },
    now: () => nowMs,
    monotonic: () => nowMs - 1_800_000_000_000,
    random: (length) => new Uint8Array(length).fill(7),
    wait: async (delayMs) => {
      nowMs += delayMs;
    },
    output: (stream, bytes) => printed.push(`${stream}:${new TextDecoder().decode(bytes)}`),
    ...changes,
  };
  const { calls, memory } = preview1(world);
  const linear = new WebAssembly.Memory({ initial: 1, maximum: 2 });
  memory.attach(linear);
  return {
    printed,
    linear,
    now: () => nowMs,
    call: (name: string, ...values: (number | bigint)[]) => calls[name]!(...(values as never[])),
    view: () => new DataView(linear.buffer),
    poke: (at: number, value: string | readonly number[]) => {
      const bytes = typeof value === 'string' ? encoder.encode(value) : Uint8Array.from(value);
      new Uint8Array(linear.buffer).set(bytes, at);
      return bytes.length;
    },
    peek: (at: number, length: number) => new TextDecoder().decode(new Uint8Array(linear.buffer, at, length)),
  };
}

export type Guest = ReturnType<typeof newGuest>;

/** Opens a path below descriptor 3; gives the error number and the descriptor. */
export function open(guest: Guest, path: string, { flags = 0, rights = 2n } = {}) {
  const length = guest.poke(1024, path);
  const error = guest.call('path_open', 3, 0, 1024, length, flags, rights, 0n, 0, 2048);
  return { error, descriptor: guest.view().getUint32(2048, true) };
}
