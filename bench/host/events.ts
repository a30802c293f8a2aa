/** An event answered by a fresh instance: the payload on its standard input, the answer on its standard output. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { WASI } from 'node:wasi';
import { FuelMeter } from '../../device-agent/runtime/host/fuel-meter.ts';
import { Guest, runByItself } from '../../device-agent/runtime/host/guest.ts';
import { GuestThread } from '../../device-agent/runtime/host/guest-thread.ts';
import { Turns } from '../../device-agent/runtime/host/turns.ts';
import { prepareModule } from '../../device-agent/runtime/prepare/prepare-module.ts';
import { emptyInput, outputTo } from '../../device-agent/runtime/primitives/streams.ts';
import { nodeClock } from '../../platform/node/clock.ts';
import { buildModule, op, word } from '../../test/device-agent/runtime/module-builder.ts';
import { newWorld } from '../../test/device-agent/runtime/wasi/guest.ts';
import { median } from '../median.ts';
import type { Row } from './main.ts';

const events = 2_000;
const warmUps = 300;
const processes = 100;
const payloadBytes = 64;
const payloadAt = 64;
const memoryPages = 16;

/** Reads a payload and gives it back: vectors at 0, counts at 8, the payload behind them. */
function echo(): Uint8Array {
  const transfer = (descriptor: number, call: number): number[][] => [
    ...[op.i32(descriptor), op.i32(0), op.i32(1), op.i32(8), op.call(call), op.drop],
  ];
  const name = (call: string) =>
    ({ name: call, params: ['i32', 'i32', 'i32', 'i32'], result: 'i32' }) as const satisfies object;
  return buildModule({
    imports: [name('fd_read'), name('fd_write')],
    functions: { _start: [...transfer(0, 0), ...transfer(1, 1)] },
    data: { 0: [...word(payloadAt), ...word(payloadBytes)] },
  });
}

/** Answers one event and gives how many bytes came out. */
type Answerer = () => Promise<number>;

/** As a device does it: metered, on the thread it shares with others. */
function meteredAnswerer(source: Uint8Array): Answerer {
  const preparation = prepareModule(source, memoryPages);
  if (preparation.kind === 'refused') throw new Error(preparation.message);
  const compiled = { module: new WebAssembly.Module(preparation.module), traits: preparation.traits };
  const thread = new GuestThread(new Turns({ nextTurn: setImmediate, mark: () => {} }));
  const memoryBytesMax = memoryPages * 65_536;
  return async () => {
    let answered = 0;
    const stdin = { ...emptyInput, read: (into: Uint8Array) => into.fill(7).length };
    const stdout = outputTo(({ length }) => {
      answered += length;
    });
    const { world } = newWorld({ stdin, stdout, monotonic: nodeClock.monotonic });
    const meter = new FuelMeter({}, nodeClock.monotonic());
    const options = { name: 'guest', compiled, thread, clock: nodeClock, meter, memoryBytesMax };
    await new Guest(world, { ...options, onStarted: () => {} }).work(runByItself);
    return answered;
  };
}

/** As Node itself does it, without a meter, from and to the machine's devices. */
function nodeAnswerer(source: Uint8Array, stdin: number, stdout: number): Answerer {
  const module = new WebAssembly.Module(source);
  return async () => {
    const wasi = new WASI({ version: 'preview1', args: ['app'], stdin, stdout, returnOnExit: true });
    const instance = new WebAssembly.Instance(module, wasi.getImportObject() as WebAssembly.Imports);
    wasi.start(instance);
    return payloadBytes;
  };
}

/** As the operating system does it: a program of its own for each event. */
async function processAnswerer(): Promise<number> {
  let answered = 0;
  const child = spawn('cat', { stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdout.on('data', ({ length }: Uint8Array) => {
    answered += length;
  });
  child.stdin.end(new Uint8Array(payloadBytes));
  await once(child, 'close');
  return answered;
}

/** How long events take with each of them, asked in turn, in µs. */
async function timesOf(answerers: readonly Answerer[], events: number, warmUps: number): Promise<readonly number[]> {
  const took = answerers.map((): number[] => []);
  for (let event = -warmUps; event < events; event++) {
    for (const [which, answer] of answerers.entries()) {
      const orderedAt = nodeClock.monotonic();
      const answered = await answer();
      if (event >= 0) took[which]!.push((nodeClock.monotonic() - orderedAt) * 1000);
      if (answered !== payloadBytes) throw new Error(`an event was answered with ${answered} bytes`);
    }
  }
  return took.map(median);
}

/** Figures of events, beside those of `node:wasi` and of a process for each. */
export async function measureEvents(): Promise<readonly Row[]> {
  const [stdin, stdout] = [openSync('/dev/zero', 'r'), openSync('/dev/null', 'w')];
  try {
    const source = echo();
    const ourAnswerer = meteredAnswerer(source);
    const [ours = 0, nodes = 0] = await timesOf([ourAnswerer, nodeAnswerer(source, stdin, stdout)], events, warmUps);
    const [besideProcess = 0, spawned = 0] = await timesOf([ourAnswerer, processAnswerer], processes, 10);
    return [
      { name: 'event to answer in a fresh instance, fuel on', value: ours, unit: 'µs', must: 200 },
      { name: 'the same by node:wasi, without fuel or a shared thread', value: nodes, unit: 'µs' },
      { name: 'ours by node:wasi', value: ours / nodes, unit: '' },
      { name: 'the same by a process for each event (cat)', value: spawned, unit: 'µs' },
      { name: 'ours by a process', value: besideProcess / spawned, unit: '' },
    ];
  } finally {
    closeSync(stdin);
    closeSync(stdout);
  }
}
