import test from 'ava';
import { fuelContract } from '../../../../artifact/fuel/contract.ts';
import { runByItself } from '../../../../device-agent/runtime/host/guest.ts';
import { emptyInput, outputTo } from '../../../../device-agent/runtime/primitives/streams.ts';
import { failureOf, type RunEnd } from '../../../../device-agent/runtime/run-end.ts';
import { nodeClock } from '../../../../platform/node/clock.ts';
import { hostileGuest } from '../hostile-guests.ts';
import { buildModule, op, printer } from '../module-builder.ts';
import { newThread, runGuest } from './run-guest.ts';

test('a command ends with 0 when _start returns, and with the code that proc_exit was given', async (t) => {
  t.deepEqual(await runGuest(printer('ahoy\n')), {
    end: { kind: 'exited', exitCode: 0 },
    printed: ['stdout:ahoy\n'],
    starts: 1,
  });
  t.deepEqual((await runGuest(printer('', op.i32(3), op.call(1)))).end, { kind: 'exited', exitCode: 3 });
  t.deepEqual((await runGuest(hostileGuest('exit_max'))).end, { kind: 'exited', exitCode: -1 });
});

test('a trap is named, with the functions it happened in', async (t) => {
  const { end } = await runGuest(printer('', op.unreachable));
  t.is(failureOf(end as RunEnd), 'trap: unreachable in function 2');
});

test('an exception that nothing catches is told as one', async (t) => {
  const { end } = await runGuest(hostileGuest('throws'));
  t.regex(failureOf(end as RunEnd) ?? '', /^an exception that nobody caught, of a tag that the module does not export/);
});

test('a reactor stays after _initialize', async (t) => {
  t.deepEqual((await runGuest(buildModule({ functions: { _initialize: [] } }))).end, { kind: 'resident' });
  t.is((await runGuest(buildModule({ functions: { _initialize: [op.unreachable] } }))).end?.kind, 'trapped');
});

test('a thousand sleeping commands share one thread, and each goes on when its time has come', async (t) => {
  const { guest } = newThread();
  const wakers: (() => void)[] = [];
  const ticker = hostileGuest('ticker');
  const sleepers = Array.from({ length: 1_000 }, () =>
    // On a clock that stands still: nobody's time comes while others start.
    guest(ticker, { monotonic: () => 0, wait: () => new Promise<void>((resolve) => wakers.push(resolve)) }),
  );
  const runs = sleepers.map(({ guest: one }) => one.work(runByItself));
  while (wakers.length < 1_000) await new Promise(setImmediate);
  t.true(sleepers.every(({ printed }) => printed.length === 0));
  for (const { guest: one } of sleepers.slice(1)) one.stop();
  t.deepEqual(new Set(await Promise.all(runs.slice(1))), new Set([undefined]));
  sleepers[0]!.guest.stop();
  t.is(await runs[0], undefined);
});

test('a guest that sleeps for ever is stopped at once', async (t) => {
  const { guest } = newThread().guest(hostileGuest('sleeper'), { wait: () => new Promise(() => {}) });
  const run = guest.work(runByItself);
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  guest.stop();
  t.is(await run, undefined);
});

test('a guest that is stopped before its first turn gives back what it was granted', async (t) => {
  let closed = 0;
  const { guest, starts } = newThread().guest(printer('ahoy\n'), {
    directories: {},
    sockets: [{ input: emptyInput, output: outputTo(() => {}), shutdown: () => {}, close: () => void closed++ }],
  });
  const run = guest.work(runByItself);
  guest.stop();
  t.is(await run, undefined);
  t.deepEqual([starts(), closed], [0, 1]);
});

test('a call to the host that takes more than the run may spend is not made', async (t) => {
  const { guest, printed } = newThread().guest(printer('ahoy\n'), { fuel: { fuelPerRun: 400 } });
  t.deepEqual(await guest.work(runByItself), { kind: 'exhausted', message: 'it used up its fuel of 400' });
  t.deepEqual([printed, guest.fuelSpent()], [[], 400]);
});

test('what guests of one module import is the same, and each is answered out of its own world', async (t) => {
  const { guest } = newThread();
  const bytes = printer('ahoy\n');
  const both = [guest(bytes, { name: 'one' }), guest(bytes, { name: 'two' })];
  await Promise.all(both.map(({ guest: one }) => one.work(runByItself)));
  t.deepEqual(
    both.map(({ printed }) => printed),
    [['stdout:ahoy\n'], ['stdout:ahoy\n']],
  );
});

test('an instance that runs while no guest has its turn gets no answer from anybody', async (t) => {
  const clock = { name: 'clock_res_get', params: ['i32', 'i32'], result: 'i32' } as const;
  const bytes = buildModule({ imports: [clock], functions: { _start: [op.i32(0), op.i32(0), op.call(0), op.drop] } });
  const { guest } = newThread().guest(bytes);
  let kept = (): unknown => undefined;
  await guest.work(async ({ instance: { exports } }) => {
    kept = exports._start as () => unknown;
    // With fuel it comes as far as its call.
    (exports[fuelContract.left] as WebAssembly.Global<bigint>).value = 1_000_000n;
    (exports[fuelContract.stack] as WebAssembly.Global<number>).value = 100_000;
    return { kind: 'kept' };
  });
  t.throws(kept, { message: 'an instance runs while no guest has its turn' });
});

test('what a guest spent is what it was at its end, however often it is told to stop', async (t) => {
  const { guest } = newThread().guest(printer('ahoy\n', op.i32(3), op.call(1)));
  t.deepEqual(await guest.work(runByItself), { kind: 'exited', exitCode: 3 });
  const spent = guest.fuelSpent();
  t.true(spent > 0 && spent < 10_000, `${spent}`);
  guest.stop();
  t.is(guest.fuelSpent(), spent);
});

test('one guest runs at a time, and it is noted which', async (t) => {
  const { guest, marks } = newThread();
  await Promise.all([
    guest(printer('one\n'), { name: 'one' }).guest.work(runByItself),
    guest(printer('two\n'), { name: 'two' }).guest.work(runByItself),
  ]);
  t.deepEqual(marks, ['one', undefined, 'two', undefined]);
});

test('two guests that spin and one that ticks share a thread: the ticks come, and the spinners get on', async (t) => {
  const { guest } = newThread();
  const spinners = ['one', 'two'].map((name) => guest(hostileGuest('loop'), { name }).guest);
  const ticker = guest(hostileGuest('ticker'), { name: 'ticker' });
  const runs = [...spinners, ticker.guest].map((one) => one.work(runByItself));
  while (ticker.printed.length < 5) await new Promise((resolve) => setTimeout(resolve, 10));
  t.true(spinners.every((one) => one.fuelSpent() > 100_000));
  for (const one of [...spinners, ticker.guest]) one.stop();
  t.deepEqual(await Promise.all(runs), [undefined, undefined, undefined]);
});

/** Asks for random bytes without end. */
const gambler = (bytes: number): Uint8Array =>
  buildModule({
    imports: [{ name: 'random_get', params: ['i32', 'i32'], result: 'i32' }],
    functions: { _start: [op.loop(op.i32(0), op.i32(bytes), op.call(0), op.drop)] },
    pages: 32,
  });

for (const [bytes, callsMax] of [
  [16, 2],
  [2 ** 21, 2],
] as const) {
  test(`a guest whose calls take long gives way after one, and amid one: ${bytes} bytes at a time`, async (t) => {
    let nowMs = 0;
    let calls = 0;
    const random = (length: number): Uint8Array => {
      nowMs += 5;
      calls += 1;
      return new Uint8Array(length);
    };
    const { guest } = newThread({ ...nodeClock, monotonic: () => nowMs });
    const slow = guest(gambler(bytes), { name: 'slow', random }).guest;
    const run = slow.work(runByItself);
    t.deepEqual(await guest(printer('ahoy\n')).guest.work(runByItself), { kind: 'exited', exitCode: 0 });
    t.true(calls <= callsMax, `${calls} calls before its neighbour was through`);
    const spent = slow.fuelSpent();
    t.true(spent > 0 && spent < 100_000, `it pays for what it did and no more, ${spent}`);
    slow.stop();
    t.is(await run, undefined);
  });
}

for (const name of ['loop', 'flood', 'flood_short', 'grow', 'table', 'sleeper'] as const) {
  test(`${name} does not end by itself, but when it is told to`, async (t) => {
    const { guest } = newThread().guest(hostileGuest(name), { memoryPagesMax: 300 });
    const run = guest.work(runByItself);
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    guest.stop();
    t.is(await run, undefined);
    t.true(guest.memoryBytes() <= 300 * 65_536, 'its memory stays below its limit');
  });
}

test('a guest that catches whatever its calls throw ends with its exit code all the same', async (t) => {
  t.deepEqual((await runGuest(hostileGuest('exit_caught'))).end, { kind: 'exited', exitCode: 7 });
});

test('a guest that catches its stack overflows ends by the first', async (t) => {
  t.regex(failureOf((await runGuest(hostileGuest('recursion_caught'))).end as RunEnd) ?? '', /^trap: stack overflow/);
});

test('a run ends when its fuel is spent, at the same instruction each time, and says so', async (t) => {
  const spent = async () => {
    const { guest } = newThread().guest(hostileGuest('loop'), { fuel: { fuelPerRun: 1_000_000 } });
    const end = await guest.work(runByItself);
    return { end: end?.kind, fuel: guest.fuelSpent() };
  };
  const first = await spent();
  t.is(first.end, 'exhausted');
  t.deepEqual(await spent(), first);
});

test('endless recursion is a stack overflow, with its functions', async (t) => {
  const { end } = await runGuest(hostileGuest('recursion'));
  t.regex(failureOf(end as RunEnd) ?? '', /^trap: stack overflow in f < f < f/);
});

/** Asks for so many pages of memory. */
const growth = (pages: number) => [op.i32(pages), [0x40, 0x00]];

test('a guest that traps after it was refused memory by its limit is told to have run out of it, and no other is', async (t) => {
  const endOf = async (body: readonly number[][], shape = {}) => {
    const greedy = buildModule({ functions: { _start: [...body, op.unreachable] }, ...shape });
    return (await runGuest(greedy, { memoryPagesMax: 32 })).end as RunEnd;
  };
  const untilRefused = [[0x03, 0x40], ...growth(1), op.i32(-1), [0x47], [0x0d, 0x00], [0x0b]];
  for (const body of [untilRefused, [...growth(32), op.drop]]) {
    const end = await endOf(body);
    t.like(end, { kind: 'trapped', isOutOfMemory: true });
    t.regex(failureOf(end) ?? '', /^out of memory, at its limit of 2 MiB: trap: unreachable/);
  }
  t.regex(failureOf(await endOf([...growth(31), op.drop])) ?? '', /^trap: unreachable/, 'it has all it asked for');
  const byItself = await endOf([...growth(1), op.drop], { isFixed: true });
  t.regex(failureOf(byItself) ?? '', /^trap: unreachable/, 'it is refused by its own maximum');
});
