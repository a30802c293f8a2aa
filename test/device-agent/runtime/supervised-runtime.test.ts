import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { openRuntime, statesWhen } from './applications.ts';
import { buildModule, op, printer } from './module-builder.ts';

/** Whether it can still execute anything; a process that nobody has waited for yet cannot. */
function isAlive(pid: number): boolean {
  if (!existsSync(`/proc/${pid}`)) return false;
  const state = readFileSync(`/proc/${pid}/status`, 'utf8').match(/^State:\s+(\w)/m)?.[1];
  return state !== 'Z' && state !== 'X';
}

const spinner = buildModule({ functions: { _start: [op.loopForever] } });
const reactor = buildModule({ functions: { _initialize: [] } });

test.serial('apply() runs commands and reactors to their states and logs what they print', async (t) => {
  const { runtime, application, logOf } = openRuntime(t);
  await runtime.apply([
    application('greeter', printer('ahoy\n')),
    application('failing', printer('', op.i32(3), op.call(1))),
    application('trapping', printer('', op.unreachable)),
    application('reactor', reactor),
  ]);
  const wanted = { failing: 'failed', greeter: 'completed', reactor: 'running', trapping: 'failed' };
  t.deepEqual(
    await statesWhen(
      runtime,
      ({ failing, greeter, trapping, reactor: last }) =>
        [failing, greeter, trapping, last].every((state) => state !== 'starting') &&
        greeter !== 'running' &&
        failing !== 'running' &&
        trapping !== 'running',
    ),
    wanted,
  );
  const messages = Object.fromEntries(
    runtime.states().map(({ name, message, exitCode }) => [name, message ?? exitCode]),
  );
  t.deepEqual(messages, {
    failing: 'it exited with code 3',
    greeter: 0,
    reactor: undefined,
    trapping: 'trap: unreachable in function 2',
  });
  t.regex(logOf('greeter'), /^\d{4}-[\d-]+T[\d:.]+Z out ahoy\n/);
});

test.serial('apply() stops an endless loop and leaves what did not change alone', async (t) => {
  const { runtime, application } = openRuntime(t);
  const kept = application('kept', reactor);
  await runtime.apply([kept, application('spinner', spinner)]);
  await statesWhen(runtime, ({ kept: one, spinner: other }) => one === 'running' && other === 'running');
  const since = runtime.states()[0]?.since;
  await runtime.apply([{ ...kept, modulePath: `${kept.modulePath}` }]);
  t.deepEqual(await statesWhen(runtime, () => true), { kept: 'running' });
  t.is(runtime.states()[0]?.since, since);
});

test.serial('a module that is not what was deployed does not run', async (t) => {
  const { runtime, application } = openRuntime(t);
  const forged = application('forged', printer('ahoy\n'), { restart: 'always' });
  writeFileSync(forged.modulePath, printer('arrr\n'));
  await runtime.apply([forged]);
  await statesWhen(runtime, ({ forged: state }) => state === 'failed');
  t.regex(runtime.states()[0]?.message ?? '', /is not what was deployed/);
});

test.serial(
  'after kill -9 of a host everything runs again but what had completed, and is not held to have failed',
  async (t) => {
    const { runtime, application, hosts, logOf } = openRuntime(t);
    await runtime.apply([application('once', printer('ahoy\n')), application('spinner', spinner)]);
    await statesWhen(runtime, ({ once: one, spinner: other }) => one === 'completed' && other === 'running');
    process.kill(hosts[0]!.pid, 'SIGKILL');
    await statesWhen(runtime, ({ spinner: state }) => state === 'starting');
    t.like(runtime.lastDeath(), { host: 'standard', how: 'SIGKILL', suspects: [], count: 1 });
    t.deepEqual(await statesWhen(runtime, ({ spinner: state }) => state === 'running'), {
      once: 'completed',
      spinner: 'running',
    });
    t.is(runtime.states()[1]?.restarts, 0);
    t.is(hosts.length, 2);
    t.is(logOf('once').match(/ahoy/g)?.length, 1);
  },
);

test.serial('a host whose supervisor was killed ends, and the next one waits for it', async (t) => {
  const { runtime, application, directory } = openRuntime(t);
  const program = new URL('./supervisor-program.ts', import.meta.url);
  const running = application('spinner', spinner);
  const first = spawn(process.execPath, [program.pathname, directory, JSON.stringify([running])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(first.stdout, 'data')) as [Buffer];
  const hostPid = Number(line.toString());
  first.kill('SIGKILL');
  await runtime.apply([running]);
  t.false(isAlive(hostPid), 'the second host ran it while the first lived');
  await statesWhen(runtime, ({ spinner: state }) => state === 'running');
});

test.serial('stop() leaves no host behind', async (t) => {
  const { runtime, application, hosts } = openRuntime(t);
  await runtime.apply([application('spinner', spinner)]);
  await runtime.stop();
  await sleep(0);
  t.throws(() => process.kill(hosts[0]!.pid, 0), { code: 'ESRCH' });
});

test.serial('an application that ends again and again is started ever more rarely', async (t) => {
  const { runtime, application } = openRuntime(t);
  await runtime.apply([application('flapping', printer('', op.unreachable), { restart: 'on-failure' })]);
  await statesWhen(
    runtime,
    () => (runtime.states()[0]?.restarts ?? 0) >= 1 && runtime.states()[0]?.state === 'backoff',
  );
  t.is(runtime.states()[0]?.message, 'trap: unreachable in function 2');
});

test.serial('a flood of output costs neither memory nor disk, and the loss is told', async (t) => {
  const { runtime, application, logOf } = openRuntime(t);
  const flood = buildModule({
    imports: [{ name: 'fd_write', params: ['i32', 'i32', 'i32', 'i32'], result: 'i32' }],
    functions: { _start: [op.loop(op.i32(1), op.i32(0), op.i32(1), op.i32(8), op.call(0), op.drop)] },
    data: { 0: [16, 0, 0, 0, 100, 0, 0, 0], 16: `${'x'.repeat(99)}\n` },
  });
  await runtime.apply([application('flood', flood)]);
  await sleep(2_500);
  await runtime.apply([]);
  const log = logOf('flood');
  t.true(log.length < 200_000, `${log.length}`);
  t.regex(log, /fleet \d+ lines were dropped/);
});
