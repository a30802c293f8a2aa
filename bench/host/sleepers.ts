/** A program that has many guests sleep and says what that takes of it: their module is its input. */
import { readFileSync } from 'node:fs';
import type { CompiledModule } from '../../device-agent/runtime/host/compiled-modules.ts';
import { FuelMeter } from '../../device-agent/runtime/host/fuel-meter.ts';
import { Guest, runByItself } from '../../device-agent/runtime/host/guest.ts';
import { GuestThread } from '../../device-agent/runtime/host/guest-thread.ts';
import { LeftMemories } from '../../device-agent/runtime/host/left-memories.ts';
import { Turns } from '../../device-agent/runtime/host/turns.ts';
import type { MemoryShape } from '../../device-agent/runtime/wasi/imported-memory.ts';
import { nodeClock } from '../../platform/node/clock.ts';
import { newWorld } from '../../test/device-agent/runtime/wasi/guest.ts';
import { processMemory } from '../footprint/process-memory.ts';
import { median } from '../median.ts';
import { compiledOf } from './example-module.ts';
import { type MemoryPages, pagesOf } from './memory-pages.ts';

const instances = 500;
/** Before it is looked at what they take: the heap has the size that it will have. */
const warmUps = 50;

/** What a sleeping instance adds to its process besides pages of files, which all share, and how long it took to its first instruction. */
export interface Sleepers {
  readonly kib: number;
  readonly startMs: number;
  /** What fills the memory of one. */
  readonly pages: MemoryPages;
}

/** A thread that tells of the memories which it lends. */
class WatchedThread extends GuestThread {
  readonly lent: WebAssembly.Memory[] = [];

  override readonly memories = Object.assign(new LeftMemories(), {
    take: (shape: MemoryShape): WebAssembly.Memory => {
      const memory = new WebAssembly.Memory(shape);
      this.lent.push(memory);
      return memory;
    },
  });
}

/** A guest that prints nothing anywhere and sleeps for ever as soon as it sleeps. */
function sleeperOf(compiled: CompiledModule, thread: GuestThread, onStarted: () => void): Guest {
  const { world } = newWorld({ wait: () => new Promise(() => {}), monotonic: nodeClock.monotonic });
  const meter = new FuelMeter({}, nodeClock.monotonic());
  const memoryBytesMax = 64 * 65_536;
  return new Guest(world, { name: 'guest', compiled, thread, clock: nodeClock, meter, onStarted, memoryBytesMax });
}

async function settle(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.({ type: 'major', execution: 'sync' });
    await new Promise(setImmediate);
  }
}

async function measureSleepers(compiled: CompiledModule): Promise<Sleepers> {
  const thread = new WatchedThread(new Turns({ nextTurn: setImmediate, mark: () => {} }));
  const starts: number[] = [];
  const guests: Guest[] = [];
  const start = async (): Promise<void> => {
    const orderedAt = nodeClock.monotonic();
    const before = starts.length;
    const guest = sleeperOf(compiled, thread, () => starts.push(nodeClock.monotonic() - orderedAt));
    guests.push(guest);
    void guest.work(runByItself);
    while (starts.length === before) await new Promise(setImmediate);
    await new Promise(setImmediate);
  };
  for (let index = 0; index < warmUps; index++) await start();
  await settle();
  const beforeKb = processMemory(process.pid).anonymousKb;
  for (let index = 0; index < instances; index++) await start();
  await settle();
  const grownKb = processMemory(process.pid).anonymousKb - beforeKb;
  const pages = pagesOf(thread.lent[0]!, compiled);
  for (const guest of guests) guest.stop();
  return { kib: grownKb / instances, startMs: median(starts), pages };
}

const source = readFileSync(0);
process.stdout.write(JSON.stringify(await measureSleepers(compiledOf(source))));
