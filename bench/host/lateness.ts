/** How late a neighbour's timers are while applications that never give way share its thread. */
import { FuelMeter } from '../../device-agent/runtime/host/fuel-meter.ts';
import { Guest, runByItself } from '../../device-agent/runtime/host/guest.ts';
import { GuestThread } from '../../device-agent/runtime/host/guest-thread.ts';
import { RunTimers } from '../../device-agent/runtime/host/run-timers.ts';
import { Turns } from '../../device-agent/runtime/host/turns.ts';
import { prepareModule } from '../../device-agent/runtime/prepare/prepare-module.ts';
import { outputTo } from '../../device-agent/runtime/primitives/streams.ts';
import { suspendingWait } from '../../device-agent/runtime/primitives/waiting.ts';
import { nodeClock } from '../../platform/node/clock.ts';
import { hostileGuest } from '../../test/device-agent/runtime/hostile-guests.ts';
import { buildModule, op, word } from '../../test/device-agent/runtime/module-builder.ts';
import { newWorld } from '../../test/device-agent/runtime/wasi/guest.ts';
import type { Row } from './main.ts';

const memoryPages = 16;
const ticks = 500;
/** What the ticking guest sleeps between two lines. */
const tickMs = 10;

/** Sleeps and prints a line, without end: what it waits for at 0, the line at 600. */
const ticker = buildModule({
  imports: ['poll_oneoff', 'fd_write'].map(
    (name) => ({ name, params: ['i32', 'i32', 'i32', 'i32'], result: 'i32' }) as const,
  ),
  functions: {
    _start: [
      op.loop(
        ...[op.i32(0), op.i32(128), op.i32(1), op.i32(256), op.call(0), op.drop],
        ...[op.i32(1), op.i32(512), op.i32(1), op.i32(520), op.call(1), op.drop],
      ),
    ],
  },
  data: { 16: word(1), 24: word(tickMs * 1e6), 512: [...word(600), ...word(1)], 600: '\n' },
});

function guestOf(bytes: Uint8Array, thread: GuestThread, onLine: () => void = () => {}): Guest {
  const preparation = prepareModule(bytes, memoryPages);
  if (preparation.kind === 'refused') throw new Error(preparation.message);
  const compiled = { module: new WebAssembly.Module(preparation.module), traits: preparation.traits };
  const { world } = newWorld({
    ...{ wait: suspendingWait(new RunTimers(nodeClock)), monotonic: nodeClock.monotonic, stdout: outputTo(onLine) },
  });
  const meter = new FuelMeter({}, nodeClock.monotonic());
  const memoryBytesMax = memoryPages * 65_536;
  return new Guest(world, {
    name: 'guest',
    compiled,
    thread,
    clock: nodeClock,
    meter,
    memoryBytesMax,
    onStarted: () => {},
  });
}

/** By how much each tick came later than it was asked for, in ms, sorted. */
async function latenessBeside(spinners: number): Promise<readonly number[]> {
  const thread = new GuestThread(new Turns({ nextTurn: setImmediate, mark: () => {} }));
  const late: number[] = [];
  const done = Promise.withResolvers<void>();
  let lastMs = nodeClock.monotonic();
  const onTick = (): void => {
    const nowMs = nodeClock.monotonic();
    late.push(nowMs - lastMs - tickMs);
    lastMs = nowMs;
    if (late.length > ticks) done.resolve();
  };
  const guests = [
    guestOf(ticker, thread, onTick),
    ...Array.from({ length: spinners }, () => guestOf(hostileGuest('loop'), thread)),
  ];
  const runs = guests.map((guest) => guest.work(runByItself));
  // Timers of guests keep no process alive.
  const alive = setInterval(() => {}, 1_000);
  await done.promise;
  clearInterval(alive);
  for (const guest of guests) guest.stop();
  await Promise.all(runs);
  return late.slice(1).sort((a, b) => a - b);
}

/** Figures of timers: alone, and beside two guests that spin. */
export async function measureLateness(): Promise<readonly Row[]> {
  const p99 = (late: readonly number[]): number => late[Math.floor(late.length * 0.99)]!;
  const alone = p99(await latenessBeside(0));
  const beside = p99(await latenessBeside(2));
  return [
    { name: 'timer lateness p99 of a guest alone on its thread', value: alone, unit: 'ms' },
    { name: 'the same with two guests beside it that spin', value: beside, unit: 'ms', must: 5 },
  ];
}
