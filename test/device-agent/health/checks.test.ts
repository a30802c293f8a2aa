import test from 'ava';
import { beginProbation, observe, type Verdict } from '../../../device-agent/health/probation.ts';
import type { Answered } from '../../../device-agent/runtime/app-runtime.ts';
import type { ApplicationReport, HealthTerms } from '../../../schemas/generated/types.ts';

const since = '2026-01-01T00:00:00Z';

function app(state: ApplicationReport['state'], more: Partial<ApplicationReport> = {}): ApplicationReport {
  return { name: 'gauge', version: '1.0.0', since, state, restarts: 0, ...more };
}

/** A probation of ten seconds of one application, looked at at several seconds; the last verdict. */
function judge(health: HealthTerms, looks: readonly (readonly [atSeconds: number, app: ApplicationReport])[]): Verdict {
  const start = beginProbation([looks[0]![1]], 10, 0, new Map([['gauge', health]]));
  let seen: ReturnType<typeof observe> = { probation: start, verdict: { kind: 'healthy' } };
  for (const [at, application] of looks) seen = observe(seen.probation, [application], at * 1000);
  return seen.verdict;
}

function reasonOf(verdict: Verdict): string {
  return verdict.kind === 'failing' ? verdict.reason : verdict.kind;
}

test('health.up holds a deployment on probation until it ran so long without an end', (t) => {
  const up = { upSeconds: 40 };
  const begun = [0, app('running')] as const;
  t.deepEqual(judge(up, [begun, [10, app('running')]]), { kind: 'waiting', untilMs: 40_000 });
  t.is(judge(up, [begun, [40, app('running')]]).kind, 'healthy');
  const again = app('running', { restarts: 1, exitCode: 0 });
  t.deepEqual(judge(up, [begun, [30, again], [50, again]]), { kind: 'waiting', untilMs: 70_000 });
  t.is(judge(up, [begun, [30, again], [70, again]]).kind, 'healthy');
});

test('health.up fails who ended, and who was started again and again', (t) => {
  const up = { upSeconds: 40 };
  t.is(
    reasonOf(
      judge(up, [
        [0, app('running')],
        [5, app('completed')],
      ]),
    ),
    'gauge 1.0.0 failed its check health.up: it is to run for 40 s without an end, and ended',
  );
  const looks = [0, 30, 60, 90, 120].map((at, restarts) => [at, app('running', { restarts, exitCode: 0 })] as const);
  t.is(
    reasonOf(judge(up, looks)),
    'gauge 1.0.0 failed its check health.up: it is to run for 40 s without an end, and was started again 4 times in 120 s',
  );
});

test('health.ends asks for an end with exit code 0 in time, and waits no longer', (t) => {
  const ends = { endsSeconds: 30 };
  t.is(
    judge(ends, [
      [0, app('running')],
      [29, app('completed', { exitCode: 0 })],
    ]).kind,
    'healthy',
  );
  t.deepEqual(
    judge(ends, [
      [0, app('running')],
      [20, app('running')],
    ]),
    { kind: 'waiting', untilMs: 30_000 },
  );
  t.is(
    reasonOf(
      judge(ends, [
        [0, app('running')],
        [30, app('running')],
      ]),
    ),
    'gauge 1.0.0 failed its check health.ends: it is to end well within 30 s, and is running',
  );
  t.is(
    reasonOf(
      judge(ends, [
        [0, app('running')],
        [30, app('backoff', { exitCode: 3, restarts: 1 })],
      ]),
    ),
    'gauge 1.0.0 failed its check health.ends: it is to end well within 30 s, and is backoff, last exit code 3',
  );
});

test('health.restarts says how many are forgiven, in the place of two', (t) => {
  const looks = (restarts: number) =>
    [
      [0, app('running')],
      [5, app('backoff', { restarts, exitCode: 1, message: 'exit code 1' })],
    ] as const;
  t.is(judge({ restartsMax: 0 }, looks(0)).kind, 'waiting');
  t.is(
    reasonOf(judge({ restartsMax: 0 }, looks(1))),
    'gauge 1.0.0 failed its check health.restarts: it was restarted 1 times, and may be 0 times: exit code 1',
  );
  t.is(judge({ restartsMax: 5 }, looks(5)).kind, 'waiting');
  t.is(judge({}, looks(3)).kind, 'failing');
});

test('health.failedEvents counts events that failed since the start of the probation, and no others', (t) => {
  const events = (failed: number) => app('running', { events: { failed }, message: 'unreachable executed' });
  t.is(
    judge({ failedEventsMax: 1 }, [
      [0, events(7)],
      [10, events(8)],
    ]).kind,
    'healthy',
  );
  t.is(
    reasonOf(
      judge({ failedEventsMax: 1 }, [
        [0, events(7)],
        [5, events(9)],
      ]),
    ),
    'gauge 1.0.0 failed its check health.failedEvents: 2 events failed, and 1 may: unreachable executed',
  );
  t.is(
    judge({}, [
      [0, events(0)],
      [10, events(900)],
    ]).kind,
    'healthy',
    'without a limit they are counted only',
  );
});

test('health.facts asks for each fact within its time, and names the one that is missing', (t) => {
  const facts = { factsSeconds: { depth: 20, speed: 40 } };
  const both = { depth: { value: 4, at: since }, speed: { value: 0, at: since } };
  const { depth } = both;
  t.is(
    judge(facts, [
      [0, app('running')],
      [19, app('running', { facts: both })],
    ]).kind,
    'healthy',
  );
  t.deepEqual(
    judge(facts, [
      [0, app('running')],
      [19, app('running', { facts: { depth } })],
    ]),
    {
      kind: 'waiting',
      untilMs: 40_000,
    },
  );
  t.is(
    reasonOf(
      judge(facts, [
        [0, app('running')],
        [20, app('running')],
      ]),
    ),
    'gauge 1.0.0 failed its check health.facts.depth: it is to be published within 20 s, and it published none',
  );
  t.is(
    reasonOf(
      judge(facts, [
        [0, app('running')],
        [40, app('running', { facts: { depth } })],
      ]),
    ),
    'gauge 1.0.0 failed its check health.facts.speed: it is to be published within 40 s, and it published only depth',
  );
});

test('health.call asks that a function gives 0 in time, and says what it gave', (t) => {
  const health = { call: { function: 'well', withinSeconds: 30 } };
  const after = (seconds: number, called?: Answered): string => {
    const start = beginProbation([app('running')], 10, 0, new Map([['gauge', health]]));
    const calls = new Map(called === undefined ? [] : [['gauge', called] as const]);
    const begun = observe(start, [app('running')], 0, { answers: new Map(), calls });
    return reasonOf(observe(begun.probation, [app('running')], seconds * 1000, { answers: new Map(), calls }).verdict);
  };
  t.is(after(29), 'waiting');
  t.is(after(29, 1), 'waiting');
  t.is(after(10, 0), 'healthy');
  const said = 'gauge 1.0.0 failed its check health.call: well is to give 0 within 30 s, and';
  t.is(after(30), `${said} it has not come back yet`);
  t.is(after(30, 7), `${said} it gave 7 last`);
  t.is(after(30, 'failed'), `${said} it trapped`);
  t.is(after(30, 'busy'), `${said} it was at work on its events each time`);
});

test('a check that time decides is looked at when its time is over, also while an application is not well', (t) => {
  const verdict = judge({ factsSeconds: { depth: 20 } }, [[0, app('backoff')]]);
  t.deepEqual(verdict, { kind: 'waiting', untilMs: 20_000 });
});
