import test from 'ava';
import type { Look } from '../../../device-agent/interlocks/gate.ts';
import { MomentWait } from '../../../device-agent/update/moment-wait.ts';
import { DiskError } from '../../../platform/ports.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';

const gated = { sequence: 2, when: { activate: 'link.connected' } };
const open: Look = { kind: 'open', forMs: 10_000 };
const closed: Look = {
  ...{ kind: 'closed', forMs: 10_000 },
  waiting: { to: 'activate', code: 'WHEN', message: 'until link.connected' },
};

/** A wait before gates that look so, one list of looks for each. */
function waitBefore(looks: readonly (() => Look)[]) {
  const time = new SimTime(0);
  const changes: (string | undefined)[] = [];
  const wait: MomentWait = new MomentWait({
    ...{ clock: time.clock({ alive: true }), log: { write: () => {} } },
    gatesOf: async () => looks.map((look) => ({ look })),
    onChange: () => changes.push(wait.waiting()?.code),
  });
  return { time, wait, changes };
}

test('it goes on when all gates are open, and tells the first that is closed', async (t) => {
  const now: Record<'first' | 'second', Look> = { first: closed, second: closed };
  const { time, wait } = waitBefore([() => now.first, () => now.second]);
  let opened = 0;
  wait.start({ to: 'activate', gated, isWanted: () => true, open: () => (opened += 1) });
  await time.runUntil(1_000);
  t.is(wait.waiting()?.message, 'until link.connected');
  now.first = open;
  await time.runUntil(30_000);
  t.is(opened, 0);
  now.second = open;
  await time.runUntil(60_000);
  t.is(opened, 1);
  t.is(wait.waiting(), undefined);
});

test('what could not be begun in an open moment is said, and tried again', async (t) => {
  const { time, wait, changes } = waitBefore([() => open]);
  let tries = 0;
  const begin = (): void => {
    tries += 1;
    if (tries < 3) throw new DiskError('IO', '/state/deployments/2', 'input/output error');
  };
  wait.start({ to: 'activate', gated, isWanted: () => true, open: begin });
  await time.runUntil(5_000);
  t.like(wait.waiting(), { code: 'DISK_FAILING' });
  t.regex(wait.waiting()?.message ?? '', /can't activate now: .*input\/output error/);
  await time.runUntil(60_000);
  t.is(tries, 3);
  t.is(wait.waiting(), undefined);
  t.is(changes.at(-1), undefined);
});

test('who stops waiting, or waits for something else, hears nothing of what it waited for', async (t) => {
  const now: { first: Look } = { first: closed };
  const { time, wait } = waitBefore([() => now.first]);
  const begun: string[] = [];
  wait.start({ to: 'activate', gated, isWanted: () => true, open: () => begun.push('old') });
  await time.runUntil(1_000);
  wait.start({ to: 'fetch', gated: { sequence: 3 }, isWanted: () => true, open: () => begun.push('new') });
  now.first = open;
  await time.runUntil(60_000);
  t.deepEqual(begun, ['new']);
});

test('where a link alone is in the way what needs none is begun, and ended before all of it or nothing may be', async (t) => {
  const now: { first: Look } = { first: closed };
  const { time, wait } = waitBefore([() => now.first]);
  const begun: string[] = [];
  const note = (what: string) => () => begun.push(what);
  const waiter = { open: note('open'), beside: note('beside'), close: note('close') };
  wait.start({ to: 'activate', gated, isWanted: () => true, ...waiter });
  for (const look of [{ ...closed, isOfLink: true } as const, open, { ...closed, isOfLink: true } as const, closed]) {
    now.first = look;
    await time.runUntil(time.now + 120_000);
  }
  t.deepEqual(begun, ['beside', 'close', 'open', 'close', 'beside', 'close']);
});

test('what could not be begun beside a closed link is tried again, and the link is what is told', async (t) => {
  const { time, wait } = waitBefore([() => ({ ...closed, isOfLink: true })]);
  let tries = 0;
  const beside = (): void => {
    tries += 1;
    if (tries < 3) throw new DiskError('IO', '/state/deployments/2', 'input/output error');
  };
  wait.start({ to: 'activate', gated, isWanted: () => true, open: () => {}, beside });
  await time.runUntil(120_000);
  t.is(tries, 3);
  t.is(wait.waiting()?.code, 'WHEN');
});
