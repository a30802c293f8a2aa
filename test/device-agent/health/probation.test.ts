import test from 'ava';
import { beginProbation, observe, type Probation, type Verdict } from '../../../device-agent/health/probation.ts';
import type { ApplicationReport } from '../../../schemas/generated/types.ts';

function app(
  state: ApplicationReport['state'],
  restarts = 0,
  more: Partial<ApplicationReport> = {},
): ApplicationReport {
  return { name: 'gauge', version: '1.0.0', since: '2026-01-01T00:00:00Z', state, restarts, ...more };
}

/** Looks at one application at several seconds and says the last verdict. */
function judge(seconds: number, looks: readonly (readonly [atSeconds: number, app: ApplicationReport])[]): Verdict {
  let probation: Probation = beginProbation([looks[0]![1]], seconds, 0);
  let verdict: Verdict = { kind: 'waiting', untilMs: 0 };
  for (const [at, application] of looks) ({ probation, verdict } = observe(probation, [application], at * 1000));
  return verdict;
}

test('applications that run for the whole probation have passed it, and not a moment before', (t) => {
  t.deepEqual(
    judge(30, [
      [0, app('running')],
      [29, app('running')],
    ]),
    { kind: 'waiting', untilMs: 30_000 },
  );
  t.is(
    judge(30, [
      [0, app('running')],
      [30, app('running')],
    ]).kind,
    'healthy',
  );
});

test('the time starts when the last application runs', (t) => {
  t.is(
    judge(30, [
      [0, app('starting')],
      [20, app('running')],
      [40, app('running')],
    ]).kind,
    'waiting',
  );
  t.is(
    judge(30, [
      [0, app('starting')],
      [20, app('running')],
      [50, app('running')],
    ]).kind,
    'healthy',
  );
});

test('a failed application ends it at once, with its own words', (t) => {
  const verdict = judge(30, [
    [0, app('running')],
    [5, app('failed', 1, { message: 'unreachable executed' })],
  ]);
  t.deepEqual(verdict, { kind: 'failing', reason: 'gauge 1.0.0 failed: unreachable executed' });
});

test('some restarts are forgiven, more are not, and those of before do not count', (t) => {
  t.is(
    judge(30, [
      [0, app('running', 7)],
      [5, app('backoff', 9, { exitCode: 1 })],
    ]).kind,
    'waiting',
  );
  t.is(
    judge(30, [
      [0, app('running', 7)],
      [5, app('backoff', 10, { exitCode: 1 })],
    ]).kind,
    'failing',
  );
});

test('an application that ends well and is started again does what it should', (t) => {
  t.is(
    judge(30, [
      [0, app('running')],
      [30, app('running', 20, { exitCode: 0 })],
    ]).kind,
    'healthy',
  );
  t.is(
    judge(30, [
      [0, app('completed')],
      [30, app('completed', 0, { exitCode: 0 })],
    ]).kind,
    'healthy',
  );
});

test('an application that never gets well fails in the end', (t) => {
  t.is(
    judge(30, [
      [0, app('starting')],
      [80, app('starting')],
    ]).kind,
    'waiting',
  );
  t.is(
    judge(30, [
      [0, app('starting')],
      [90, app('starting')],
    ]).kind,
    'failing',
  );
  t.is(
    judge(1, [
      [0, app('starting')],
      [59, app('starting')],
    ]).kind,
    'waiting',
    'a slow device has a minute',
  );
});

test('nothing to run passes like anything else', (t) => {
  const { verdict } = observe(beginProbation([], 5, 0), [], 0);
  t.deepEqual(verdict, { kind: 'waiting', untilMs: 5_000 });
});
