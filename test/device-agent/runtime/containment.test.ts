/** Guests that mean no good, each in a real host, beside a neighbour whose ticks are counted. */
import test, { type ExecutionContext } from 'ava';
import type { RunnableApplication } from '../../../device-agent/runtime/app-runtime.ts';
import { openRuntime, statesWhen } from './applications.ts';
import { type HostileGuest, hostileGuest } from './hostile-guests.ts';

const settledStates = new Set(['failed', 'completed', 'backoff']);

/** Runs one of them beside a ticker, until `isThere`; then the neighbour must go on ticking, and have no fault. */
async function beside(
  t: ExecutionContext,
  name: HostileGuest,
  isThere: (state: string) => boolean,
  changes: Partial<RunnableApplication> = {},
) {
  const opened = openRuntime(t);
  const { runtime, application } = opened;
  const neighbour = application('aa-neighbour', hostileGuest('ticker'), { restart: 'always' });
  await runtime.apply([neighbour, application(name.replaceAll('_', '-'), hostileGuest(name), changes)]);
  await statesWhen(
    runtime,
    (states) => states['aa-neighbour'] === 'running' && isThere(states[name.replaceAll('_', '-')] ?? ''),
  );
  const ticks = (): number => opened.logOf('aa-neighbour').match(/tick/g)?.length ?? 0;
  const before = ticks();
  while (ticks() < before + 3) await new Promise((resolve) => setTimeout(resolve, 50));
  const [first, second] = runtime.states();
  t.is(first?.restarts, 0, 'the neighbour was not held to have failed');
  t.is(first?.state, 'running');
  return { ...opened, hostile: second };
}

for (const name of [
  'loop',
  'flood',
  'flood_short',
  'sleeper',
  'grow',
  'grow64',
  'table',
  'tables',
  'exit_caught',
  'recursion_caught',
] as const) {
  test.serial(`${name} shares a process with its neighbour and does it no harm`, async (t) => {
    const { runtime, hosts } = await beside(t, name, (state) => state === 'running' || settledStates.has(state));
    await runtime.apply([]);
    t.is(runtime.lastDeath(), undefined);
    t.is(hosts.length, 1);
  });
}

for (const name of ['gcbig', 'gcbomb', 'gchuge'] as const) {
  test.serial(`${name} fills a heap of its own and is told alone to have ended its process`, async (t) => {
    const { runtime, hostile } = await beside(t, name, (state) => settledStates.has(state));
    t.is(hostile?.process, 'its module fills a heap of the engine, which only a process can limit');
    if (runtime.lastDeath() !== undefined) t.deepEqual(runtime.lastDeath()?.suspects, [name]);
    t.regex(hostile?.message ?? '', name === 'gchuge' ? /trap|it ended its process/ : /it ended its process by SIG/);
  });
}

for (const name of ['bigmin', 'huge_iov', 'gpio'] as const) {
  test.serial(`${name} is refused before anything of it runs, with the reason`, async (t) => {
    const { hostile } = await beside(t, name, (state) => state === 'failed');
    t.regex(hostile?.message ?? '', /memory|env\.gpio/);
  });
}

test.serial(
  'a guest that would wait in shared memory for ever has a process of its own, and is ended there',
  async (t) => {
    const { runtime, hosts, hostile } = await beside(t, 'wait', (state) => settledStates.has(state));
    t.is(hosts.length, 2);
    t.regex(hostile?.message ?? '', /^trap: /);
    await runtime.apply([]);
    t.deepEqual(runtime.states(), []);
  },
);
