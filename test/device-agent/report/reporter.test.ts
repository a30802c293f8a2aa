import test from 'ava';
import { Reporter } from '../../../device-agent/report/reporter.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import type { Report } from '../../../schemas/generated/types.ts';

/** A reporter over a link that answers as it is told. */
function begin(intervalMs = 900_000) {
  const time = new SimTime(0);
  const sent: { readonly at: number; readonly report: Report }[] = [];
  const shore = { answer: 'accepted' as 'accepted' | 'rejected' | 'offline' };
  const logged: string[] = [];
  const state: { phase: Report['phase']; bytesDone: number } = { phase: 'idle', bytesDone: 0 };
  const clock = time.clock({ alive: true });
  let heardAgain = 0;
  let unsaid = 0;
  let acceptedMs: number | undefined;
  const reporter = new Reporter({
    onUnsaid: () => {
      unsaid += 1;
    },
    onHeardAgain: () => {
      heardAgain += 1;
    },
    onAccepted: (sentMs) => {
      acceptedMs = sentMs;
    },
    ...{ clock, intervalMs: () => intervalMs, random: new SimRandom(1) },
    log: { write: (level, event) => logged.push(`${level} ${event}`) },
    link: {
      start: () => {},
      stop: async () => {},
      orderParcel: async () => undefined,
      sendBatchPart: async () => false,
      lookAgain: () => {},
      wake: () => 0,
      isFollowed: false,
      report: async (report) => {
        await clock.sleep(10);
        sent.push({ at: time.now, report });
        return shore.answer;
      },
    },
    compose: (number) => ({
      ...{ at: '', counter: number, agentVersion: '', since: '', highestSequence: 0, applications: [] },
      ...{ phase: state.phase, progress: { bytesDone: state.bytesDone, bytesTotal: 1000 } },
    }),
  });
  const run = (seconds: number): Promise<void> => time.runUntil(time.now + seconds * 1000);
  return {
    reporter,
    sent,
    shore,
    logged,
    state,
    run,
    time,
    heardAgain: () => heardAgain,
    acceptedMs: () => acceptedMs,
    unsaid: () => unsaid,
  };
}

test('nothing new costs one report an interval', async (t) => {
  const { reporter, sent, run } = begin(900_000);
  reporter.connection(true);
  await run(3 * 3600 + 10);
  t.is(sent.length, 13);
});

test('a phase that lasts is told at once, one that passes once it has lasted, progress a few times only', async (t) => {
  const { reporter, sent, state, run } = begin();
  reporter.connection(true);
  await run(1);
  state.phase = 'waiting';
  reporter.changed();
  await run(0.1);
  t.is(sent.at(-1)?.report.phase, 'waiting');
  state.phase = 'fetching';
  reporter.changed();
  await run(2.9);
  t.is(sent.at(-1)?.report.phase, 'waiting');
  await run(0.2);
  t.is(sent.at(-1)?.report.phase, 'fetching');
  const before = sent.length;
  for (let second = 0; second < 300; second++) {
    state.bytesDone += 1;
    reporter.changed();
    await run(1);
  }
  t.true(sent.length - before <= 5, `${sent.length - before} reports of progress`);
});

test('what was accepted is told with the time at which it was sent, and what was not is not', async (t) => {
  const { reporter, shore, run, acceptedMs } = begin();
  shore.answer = 'offline';
  reporter.connection(true);
  await run(1);
  t.is(acceptedMs(), undefined);
  shore.answer = 'accepted';
  reporter.connection(true);
  await run(1);
  t.is(acceptedMs(), 1_020);
});

test('an update that is quickly done is told once, when it is done', async (t) => {
  const { reporter, sent, state, run } = begin();
  reporter.connection(true);
  await run(1);
  for (const phase of ['fetching', 'staged', 'activating', 'probation', 'active'] as const) {
    state.phase = phase;
    reporter.changed();
    await run(0.7);
  }
  t.deepEqual(
    sent.map(({ report }) => report.phase),
    ['idle', 'active'],
  );
});

test('an update that goes on from phase to phase is told of while it does', async (t) => {
  const { reporter, sent, state, run } = begin();
  reporter.connection(true);
  await run(1);
  for (const phase of ['fetching', 'staged', 'activating', 'probation', 'active'] as const) {
    state.phase = phase;
    reporter.changed();
    await run(2);
  }
  t.deepEqual(
    sent.map(({ report }) => report.phase),
    ['idle', 'staged', 'probation', 'active'],
  );
});

test('a shore that was told nothing yet is told of a phase that passes at once', async (t) => {
  const { reporter, sent, state, run } = begin();
  state.phase = 'fetching';
  reporter.connection(true);
  await run(0.1);
  t.is(sent.at(-1)?.report.phase, 'fetching');
});

test('progress delays no report beyond the interval', async (t) => {
  const { reporter, sent, state, run } = begin(10_000);
  reporter.connection(true);
  await run(1);
  state.bytesDone += 1;
  reporter.changed();
  await run(35);
  t.deepEqual(
    sent.map(({ report }) => report.progress?.bytesDone),
    [0, 1, 1, 1],
  );
});

test('what did not get through is told as it is then, once the link is back', async (t) => {
  const { reporter, sent, shore, state, run } = begin();
  reporter.connection(true);
  await run(1);
  shore.answer = 'offline';
  for (const phase of ['fetching', 'staged', 'probation'] as const) {
    state.phase = phase;
    reporter.changed();
    await run(1);
  }
  reporter.connection(false);
  state.phase = 'active';
  reporter.changed();
  await run(3600);
  const before = sent.length;
  shore.answer = 'accepted';
  reporter.connection(true);
  await run(1);
  t.is(sent.length, before + 1);
  t.is(sent.at(-1)?.report.phase, 'active');
  t.is(sent.at(-1)?.report.counter, sent.length);
});

test('a change while a report is under way follows it', async (t) => {
  const { reporter, sent, state, run } = begin();
  reporter.connection(true);
  await run(0.025);
  state.phase = 'waiting';
  reporter.changed();
  await run(1);
  t.deepEqual(
    sent.map(({ report }) => report.phase),
    ['idle', 'waiting'],
  );
});

test('a shore that rejects is not flooded, nor is the log', async (t) => {
  const { reporter, sent, shore, logged, run } = begin();
  shore.answer = 'rejected';
  reporter.connection(true);
  await run(3600);
  t.true(sent.length >= 2 && sent.length <= 60, `${sent.length} reports`);
  t.is(logged.filter((line) => line.startsWith('warn')).length, 1);
});

test('it is told that reports are heard again, once after each silence', async (t) => {
  const { reporter, shore, run, heardAgain } = begin(60_000);
  reporter.connection(true);
  await run(300);
  t.is(heardAgain(), 0);
  shore.answer = 'offline';
  await run(300);
  t.is(heardAgain(), 0);
  shore.answer = 'accepted';
  await run(600);
  t.is(heardAgain(), 1);
});

test('without a session nothing is sent but at an occasion, and what lasts is to be said before the next', async (t) => {
  const { reporter, sent, state, run, unsaid } = begin();
  state.phase = 'active';
  const said = reporter.occasion();
  await run(1);
  await said;
  t.is(sent.length, 1);
  reporter.changed();
  t.is(unsaid(), 0);
  state.phase = 'fetching';
  reporter.changed();
  t.is(unsaid(), 0, 'it passes');
  state.phase = 'waiting';
  reporter.changed();
  t.is(unsaid(), 1);
  await run(3600);
  t.is(sent.length, 1);
});
