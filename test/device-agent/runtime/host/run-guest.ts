/** Guests run to their end on this thread, one after the other or side by side. */
import { shareCounters } from '../../../../artifact/fuel/counters.ts';
import { importsOf } from '../../../../artifact/linking/functions.ts';
import type { CompiledApplication } from '../../../../device-agent/runtime/host/compiled-modules.ts';
import { FuelMeter, type FuelTerms } from '../../../../device-agent/runtime/host/fuel-meter.ts';
import { Guest, type GuestEnd, runByItself } from '../../../../device-agent/runtime/host/guest.ts';
import { GuestThread } from '../../../../device-agent/runtime/host/guest-thread.ts';
import { type Importing, linkageOf } from '../../../../device-agent/runtime/host/links/linkage.ts';
import { Turns } from '../../../../device-agent/runtime/host/turns.ts';
import { prepareModule } from '../../../../device-agent/runtime/prepare/prepare-module.ts';
import { suspendingWait } from '../../../../device-agent/runtime/primitives/waiting.ts';
import type { GuestWorld } from '../../../../device-agent/runtime/wasi/world.ts';
import { nodeClock } from '../../../../platform/node/clock.ts';
import type { Clock } from '../../../../platform/ports.ts';
import { newWorld } from '../wasi/guest.ts';

/** How a test's guest differs from the usual one. */
export interface GuestChanges extends Partial<GuestWorld> {
  readonly name?: string;
  readonly fuel?: FuelTerms;
  readonly memoryPagesMax?: number;
  readonly links?: Modules;
}

type Modules = Readonly<Record<string, Uint8Array>>;

/** Prepares modules, and compiles each once. */
function newModules() {
  const known = new Map<Uint8Array, Importing>();
  const importing = (bytes: Uint8Array, memoryPagesMax: number, isLinked: boolean): Importing => {
    const before = known.get(bytes);
    if (before !== undefined) return before;
    const preparation = prepareModule(bytes, memoryPagesMax, isLinked);
    if (preparation.kind === 'refused') throw new Error(preparation.message);
    const ready = isLinked ? shareCounters(preparation.module) : preparation.module;
    const compiled = { module: new WebAssembly.Module(ready as Uint8Array<ArrayBuffer>), traits: preparation.traits };
    const one = { compiled, imports: isLinked ? importsOf(preparation.module) : [] };
    known.set(bytes, one);
    return one;
  };
  return (bytes: Uint8Array, memoryPagesMax: number, links?: Modules): CompiledApplication => {
    const own = importing(bytes, memoryPagesMax, links !== undefined);
    if (links === undefined) return own.compiled;
    const linked = Object.entries(links).map(
      ([link, module]) => [link, importing(module, memoryPagesMax, true)] as const,
    );
    return { ...own.compiled, linkage: linkageOf(own, new Map(linked)) };
  };
}

/** A thread for guests; `marks` is who ran, one after the other. */
export function newThread(clock: Pick<Clock, 'monotonic' | 'after'> = nodeClock) {
  const marks: (string | undefined)[] = [];
  const thread = new GuestThread(new Turns({ nextTurn: setImmediate, mark: (guest) => marks.push(guest) }));
  const moduleOf = newModules();
  const guest = (bytes: Uint8Array, changes: GuestChanges = {}) => {
    const { name = 'app', fuel = {}, memoryPagesMax = 1024, links, ...world } = changes;
    let starts = 0;
    const outside = newWorld({
      ...{ wait: suspendingWait(clock), monotonic: clock.monotonic },
      ...world,
    });
    const one = new Guest(outside.world, {
      ...{ name, compiled: moduleOf(bytes, memoryPagesMax, links), thread, clock },
      memoryBytesMax: memoryPagesMax * 65_536,
      meter: new FuelMeter(fuel, clock.monotonic()),
      onStarted: () => {
        starts += 1;
      },
    });
    const relink = (next: Modules) => one.relink(moduleOf(bytes, memoryPagesMax, next).linkage!);
    return { guest: one, printed: outside.printed, starts: () => starts, relink };
  };
  return { guest, marks, memories: thread.memories };
}

/** Runs one guest to its end. */
export async function runGuest(
  bytes: Uint8Array,
  changes: GuestChanges = {},
): Promise<{ readonly end: GuestEnd | undefined; readonly printed: readonly string[]; readonly starts: number }> {
  const { guest, printed, starts } = newThread().guest(bytes, changes);
  // Timers of guests keep no process alive.
  const alive = setInterval(() => {}, 1_000);
  const end = await guest.work(runByItself);
  clearInterval(alive);
  return { end, printed, starts: starts() };
}
