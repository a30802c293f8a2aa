/** Guests run to their end on this thread, one after the other or side by side. */
import { FuelMeter, type FuelTerms } from '../../../../device-agent/runtime/host/fuel-meter.ts';
import { Guest, type GuestEnd } from '../../../../device-agent/runtime/host/guest.ts';
import { Turns } from '../../../../device-agent/runtime/host/turns.ts';
import type { GuestWorld } from '../../../../device-agent/runtime/wasi/world.ts';
import { nodeClock } from '../../../../platform/node/clock.ts';

/** A thread for guests; `marks` is who ran, one after the other. */
export function newThread() {
  const marks: (string | undefined)[] = [];
  const turns = new Turns({ nextTurn: setImmediate, mark: (guest) => marks.push(guest) });
  const guest = (
    bytes: Uint8Array,
    {
      name = 'app',
      fuel = {},
      ...world
    }: Partial<GuestWorld> & { readonly name?: string; readonly fuel?: FuelTerms } = {},
  ) => {
    let printed = '';
    let starts = 0;
    const whole: GuestWorld = {
      args: [name],
      environment: {},
      directories: {},
      now: () => 0,
      monotonic: () => 0,
      random: (length) => new Uint8Array(length),
      wait: () => Promise.resolve(),
      output: (_stream, written) => {
        printed += new TextDecoder().decode(written);
      },
      ...world,
    };
    const one = new Guest(whole, {
      ...{ name, module: new WebAssembly.Module(bytes), turns, clock: nodeClock },
      meter: new FuelMeter(fuel, nodeClock.monotonic()),
      onStarted: () => {
        starts += 1;
      },
    });
    return { guest: one, printed: () => printed, starts: () => starts };
  };
  return { guest, marks };
}

/** Runs one guest to its end. */
export async function runGuest(
  bytes: Uint8Array,
  changes: Partial<GuestWorld> & { readonly fuel?: FuelTerms } = {},
): Promise<{ readonly end: GuestEnd | undefined; readonly printed: string; readonly starts: number }> {
  const { guest, printed, starts } = newThread().guest(bytes, changes);
  const end = await guest.run();
  return { end, printed: printed(), starts: starts() };
}
