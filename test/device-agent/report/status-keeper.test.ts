import test from 'ava';
import { type LinkState, linkAfter, linkAtStart, linkInTrouble } from '../../../device-agent/report/link-state.ts';
import type { AgentStatus } from '../../../device-agent/report/status-file.ts';
import { StatusKeeper } from '../../../device-agent/report/status-keeper.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import type { Report } from '../../../schemas/generated/types.ts';

const [first, second, third] = ['2026-06-01T08:00:00.000Z', '2026-06-01T09:00:00.000Z', '2026-06-01T10:00:00.000Z'];

/** A keeper of a status that the test changes; tells when it was written, in milliseconds. */
function begin(leave: () => void = () => {}) {
  const time = new SimTime(0);
  const state: { phase: Report['phase']; bytesDone: number; link: LinkState } = {
    ...{ phase: 'idle', bytesDone: 0, link: linkAtStart(undefined) },
  };
  const written: { readonly at: number; readonly status: AgentStatus }[] = [];
  const logged: string[] = [];
  const report = (): Report => ({
    ...{ at: '', counter: 0, agentVersion: '', since: '', highestSequence: 0, applications: [] },
    ...{ phase: state.phase, progress: { bytesDone: state.bytesDone, bytesTotal: 1000 } },
  });
  const keeper = new StatusKeeper({
    clock: time.clock({ alive: true }),
    log: { write: (level, event) => logged.push(`${level} ${event}`) },
    status: () => ({ device: 'buoy', ...state.link, report: report() }),
    leave: (status) => {
      leave();
      written.push({ at: time.now, status });
    },
  });
  const run = (seconds: number): Promise<void> => time.runUntil(time.now + seconds * 1000);
  return { keeper, state, written, logged, run };
}

test('what changes is on disk at once, but not more than once a second', async (t) => {
  const { keeper, state, written, run } = begin();
  keeper.changed();
  await run(1);
  t.deepEqual(
    written.map(({ at }) => at),
    [20],
  );
  for (const phase of ['fetching', 'staged', 'probation', 'active'] as const) {
    state.phase = phase;
    keeper.changed();
    await run(0.05);
  }
  await run(10);
  t.deepEqual(
    written.map(({ at, status }) => [at, status.report.phase]),
    [
      [20, 'idle'],
      [1_020, 'fetching'],
      [2_020, 'active'],
    ],
  );
});

test('progress and what did not change cost the flash next to nothing', async (t) => {
  const { keeper, state, written, run } = begin();
  for (let second = 0; second < 600; second++) {
    state.bytesDone += 1;
    keeper.changed();
    await run(1);
  }
  t.true(written.length <= 11, `${written.length} times`);
  await run(60);
  const before = written.length;
  for (let second = 0; second < 600; second++) {
    keeper.changed();
    await run(1);
  }
  t.is(written.length, before);
});

test('the same trouble is told once, however often it is met, and another one at once', async (t) => {
  const { keeper, state, written, run } = begin();
  keeper.changed();
  await run(5);
  for (const at of [first, second]) {
    state.link = linkInTrouble(state.link, { kind: 'dns', message: 'no such name' }, at);
    keeper.changed();
    await run(60);
  }
  t.deepEqual(
    written.slice(1).map(({ status }) => status.trouble),
    [{ kind: 'dns', message: 'no such name', since: first }],
  );
  state.link = linkInTrouble(state.link, { kind: 'route', message: 'no route' }, third);
  keeper.changed();
  await run(0.1);
  t.like(written.at(-1)?.status.trouble, { kind: 'route', since: third });
});

test('a disk that takes nothing is complained of once, and left alone meanwhile', async (t) => {
  const { keeper, state, logged, run } = begin(() => {
    throw new Error('no space left');
  });
  for (const phase of ['fetching', 'staged'] as const) {
    state.phase = phase;
    keeper.changed();
    await run(5);
  }
  t.deepEqual(logged, ['warn status.not-left', 'debug status.not-left']);
});

test('nothing is written once the keeper is stopped', async (t) => {
  const { keeper, written, run } = begin();
  keeper.changed();
  keeper.stop();
  keeper.changed();
  await run(5);
  t.deepEqual(written, []);
});

test('when it last had a connection is remembered over a gap and a restart, and its trouble is over with it', (t) => {
  const never = linkInTrouble(linkAtStart(undefined), { kind: 'tcp', message: 'refused' }, first);
  t.is(never.lastConnectedAt, undefined);
  const there = linkAfter(never, true, second);
  t.deepEqual(there, { connected: true, lastConnectedAt: second });
  const gone = linkAfter(there, false, third);
  t.deepEqual(gone, { connected: false, lastConnectedAt: third });
  const left = { device: 'buoy', ...gone, report: { at: third } as Report };
  t.deepEqual(linkAtStart(left), { connected: false, lastConnectedAt: third });
  t.deepEqual(linkAtStart({ device: 'buoy', connected: true, report: { at: third } as Report }), {
    ...{ connected: false, lastConnectedAt: third },
  });
});
