/** Guests of one thread in this process: what an instance costs, when it begins and while it sleeps. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { WASI } from 'node:wasi';
import type { CompiledModule } from '../../device-agent/runtime/host/compiled-modules.ts';
import { FuelMeter } from '../../device-agent/runtime/host/fuel-meter.ts';
import { Guest } from '../../device-agent/runtime/host/guest.ts';
import { GuestThread } from '../../device-agent/runtime/host/guest-thread.ts';
import { LeftMemories } from '../../device-agent/runtime/host/left-memories.ts';
import { Turns } from '../../device-agent/runtime/host/turns.ts';
import { prepareModule } from '../../device-agent/runtime/prepare/prepare-module.ts';
import { memoryImport } from '../../device-agent/runtime/wasi/imported-memory.ts';
import { nodeClock } from '../../platform/node/clock.ts';
import { newWorld } from '../../test/device-agent/runtime/wasi/guest.ts';
import { median } from '../median.ts';
import type { Row } from './main.ts';

const examplePath = new URL(
  '../../fleet-examples/harbor/apps/position-beacon/position-beacon-1.1.0.wasm',
  import.meta.url,
);
const instances = 500;
const megabyte = 2 ** 20;

function compileExample(): CompiledModule {
  const preparation = prepareModule(readFileSync(fileURLToPath(examplePath)), 64);
  if (preparation.kind === 'refused') throw new Error(preparation.message);
  return { module: new WebAssembly.Module(preparation.module), traits: preparation.traits };
}

/** A guest that prints nothing anywhere and sleeps for ever as soon as it sleeps. */
function sleeperOf(compiled: CompiledModule, thread: GuestThread, onStarted: () => void): Guest {
  const { world } = newWorld({ wait: () => new Promise(() => {}), monotonic: nodeClock.monotonic });
  const meter = new FuelMeter({}, nodeClock.monotonic());
  const memoryBytesMax = 64 * 65_536;
  return new Guest(world, { name: 'guest', compiled, thread, clock: nodeClock, meter, onStarted, memoryBytesMax });
}

/** The engine's own part, with a memory that another instance has left: imports are functions that do nothing. */
function instantiation({ module, traits }: CompiledModule): () => void {
  const memories = new LeftMemories();
  const shape = traits.importedMemory!;
  const imports: WebAssembly.Imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind === 'memory') continue;
    const value = kind === 'function' ? () => 0 : undefined;
    const global = name === 'left' ? { value: 'i64' as const, initial: 0n } : { value: 'i32' as const, initial: 0 };
    imports[from] ??= {};
    imports[from][name] = value ?? new WebAssembly.Global({ value: global.value, mutable: true }, global.initial);
  }
  return () => {
    const memory = memories.take(shape);
    new WebAssembly.Instance(module, { ...imports, [memoryImport.module]: { [memoryImport.name]: memory } });
    memories.leave(memory, shape);
  };
}

/** The same module as `node:wasi` takes it: not metered, with a memory of its own. */
function nodeInstantiation(): () => void {
  const module = new WebAssembly.Module(readFileSync(fileURLToPath(examplePath)));
  return () => {
    const wasi = new WASI({ version: 'preview1', args: ['app'] });
    new WebAssembly.Instance(module, wasi.getImportObject() as WebAssembly.Imports);
  };
}

/** Medians of both, in turn, in µs. */
function instantiateUs(compiled: CompiledModule): readonly [ours: number, nodes: number] {
  const [ours, nodes] = [instantiation(compiled), nodeInstantiation()];
  const timed = (instantiate: () => void): number => {
    const startedAt = nodeClock.monotonic();
    instantiate();
    return (nodeClock.monotonic() - startedAt) * 1000;
  };
  const pairs = Array.from({ length: instances }, () => [timed(ours), timed(nodes)] as const);
  return [median(pairs.map(([one]) => one)), median(pairs.map(([, other]) => other))];
}

async function settle(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.({ type: 'major', execution: 'sync' });
    await new Promise(setImmediate);
  }
}

/** Figures of instances, in one process. */
export async function measureInstances(): Promise<readonly Row[]> {
  const example = compileExample();
  const thread = new GuestThread(new Turns({ nextTurn: setImmediate, mark: () => {} }));
  const [engineUs, nodesUs] = instantiateUs(example);
  const starts: number[] = [];
  const start = (): Guest => {
    const orderedAt = nodeClock.monotonic();
    const guest = sleeperOf(example, thread, () => starts.push(nodeClock.monotonic() - orderedAt));
    void guest.run();
    return guest;
  };
  const idle = async (): Promise<void> => {
    const before = starts.length;
    while (starts.length === before) await new Promise(setImmediate);
    await new Promise(setImmediate);
  };
  const first = start();
  await idle();
  await settle();
  const beforeBytes = process.memoryUsage().rss;
  const guests: Guest[] = [];
  for (let index = 0; index < instances; index++) {
    guests.push(start());
    await idle();
  }
  await settle();
  const grownBytes = process.memoryUsage().rss - beforeBytes;
  const touchedBytes = guests.reduce((sum, guest) => sum + guest.memoryBytes(), 0);
  for (const guest of [first, ...guests]) guest.stop();
  return [
    { name: 'instantiate a compiled module of 17 KB in a memory that was left', value: engineUs, unit: 'µs', must: 40 },
    { name: 'the same by node:wasi, with a memory of its own', value: nodesUs, unit: 'µs' },
    { name: 'ours by node:wasi', value: engineUs / nodesUs, unit: '' },
    { name: 'order to first instruction, compiled', value: median(starts), unit: 'ms', must: 5 },
    {
      name: `memory of a sleeping instance, ${(touchedBytes / instances / megabyte).toFixed(2)} MiB of its own reserved`,
      value: grownBytes / instances / 1024,
      unit: 'KiB',
      must: 32,
    },
  ];
}
