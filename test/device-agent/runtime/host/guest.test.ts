import test from 'ava';
import { failureOf, type RunEnd } from '../../../../device-agent/runtime/run-end.ts';
import { hostileGuest } from '../hostile-guests.ts';
import { buildModule, op, printer } from '../module-builder.ts';
import { newThread, runGuest } from './run-guest.ts';

test('a command ends with 0 when _start returns, and with the code that proc_exit was given', async (t) => {
  t.deepEqual(await runGuest(printer('ahoy\n')), {
    end: { kind: 'exited', exitCode: 0 },
    printed: 'ahoy\n',
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
  t.regex(failureOf(end as RunEnd) ?? '', /^it threw an exception, of a tag that it does not export/);
});

test('an import of anything beyond WASI is refused, and nothing of the module runs', async (t) => {
  const abort = buildModule({ imports: [{ module: 'env', name: 'abort' }], functions: { _start: [] } });
  const { end, starts } = await runGuest(abort);
  t.is(starts, 0);
  t.is(end?.kind === 'refused' && end.message.split(';')[0], 'it imports the function env.abort');
  const unknown = buildModule({ imports: [{ name: 'path_sendfile' }], functions: { _start: [] } });
  t.is((await runGuest(unknown)).end?.kind, 'refused');
});

test('what cannot be started and what hides its memory is refused', async (t) => {
  t.is((await runGuest(buildModule({ functions: { main: [] } }))).end?.kind, 'refused');
  t.is((await runGuest(buildModule({ functions: { _start: [] }, memory: 'hidden' }))).end?.kind, 'refused');
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
    guest(ticker, { wait: () => new Promise<void>((resolve) => wakers.push(resolve)) }),
  );
  const runs = sleepers.map(({ guest: one }) => one.run());
  while (wakers.length < 1_000) await new Promise(setImmediate);
  t.true(sleepers.every(({ printed }) => printed() === ''));
  for (const { guest: one } of sleepers.slice(1)) one.stop();
  t.deepEqual(new Set(await Promise.all(runs.slice(1))), new Set([undefined]));
  sleepers[0]!.guest.stop();
  t.is(await runs[0], undefined);
});

test('a guest that sleeps for ever is stopped at once', async (t) => {
  const { guest } = newThread().guest(hostileGuest('sleeper'), { wait: () => new Promise(() => {}) });
  const run = guest.run();
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  guest.stop();
  t.is(await run, undefined);
});

test('one guest runs at a time, and it is noted which', async (t) => {
  const { guest, marks } = newThread();
  await Promise.all([
    guest(printer('one\n'), { name: 'one' }).guest.run(),
    guest(printer('two\n'), { name: 'two' }).guest.run(),
  ]);
  t.deepEqual(marks, ['one', undefined, 'two', undefined]);
});
