import test from 'ava';
import type { ObservedDevice, ReportGist } from '../../../../controller/planning/observed.ts';
import { isUnavailable } from '../../../../controller/planning/rollout/budget.ts';
import { fateOf, waitsForRetry } from '../../../../controller/planning/rollout/fate.ts';

const at = '2026-06-01T00:00:00.000Z';
const revision = 'a'.repeat(40);

/** Issued 1 by a state that was restored since: what it says is of deployments that nobody knows of. */
function afterRestore(said: Partial<ReportGist>): ObservedDevice {
  const issued = { sequence: 1, revision, issuedAt: 1, templateHash: 'f'.repeat(64), applications: [] };
  const report: ReportGist = { phase: 'active', since: at, highestSequence: 7, applications: [], ...said };
  return { issued, report };
}

test('after a restore a device is on its way until it says that it is through with the newest it saw, well or not', (t) => {
  const [one, seven] = [1, 7].map((sequence) => ({ sequence, revision }));
  const gaveUp = { code: 'PROBATION_FAILED', message: 'it ended', at, sequence: 7 };
  const isAway = (said: Partial<ReportGist>) => isUnavailable({ observed: afterRestore(said) });
  t.false(isAway({ running: seven! }));
  t.false(isAway({ running: one!, problem: gaveUp }), 'it runs what it ran before');
  t.true(isAway({ running: one!, problem: { ...gaveUp, sequence: 6 } }));
  t.true(isAway({ running: one!, target: seven!, phase: 'fetching' }));
  t.true(isAway({ problem: gaveUp }), 'it runs nothing');
});

test('a device that gets what stops nothing has a place in its budget from when what it runs does badly', (t) => {
  const issued = {
    ...{ sequence: 2, revision, issuedAt: 1, templateHash: 'f'.repeat(64), applications: [] },
    goesOn: true as const,
  };
  const pump = { name: 'pump', version: '1.0.0', restarts: 3, since: at };
  const before = { sequence: 1, revision };
  const isAway = (state: 'running' | 'backoff', said: Partial<ReportGist> = {}): boolean => {
    const applications = [{ ...pump, state }];
    const report = { phase: 'active' as const, since: at, highestSequence: 1, running: before, applications, ...said };
    return isUnavailable({ observed: { issued, report } });
  };
  const staged = { phase: 'staged', highestSequence: 2, target: { sequence: 2, revision } } as const;
  for (const said of [{}, staged]) t.deepEqual([isAway('running', said), isAway('backoff', said)], [false, true]);
});

test('a device that failed before somebody said that it shall be tried again waits for that, and is held where it is held', (t) => {
  const issued = { sequence: 2, revision, issuedAt: 1, templateHash: 'f'.repeat(64), applications: [], retries: 1 };
  const gaveUp = { code: 'PROBATION_FAILED', message: 'it ended', at, sequence: 2 };
  const running = { sequence: 1, revision };
  const report = {
    phase: 'active' as const,
    since: at,
    highestSequence: 2,
    running,
    problem: gaveUp,
    applications: [],
  };
  const fates = [1, 2].flatMap((retries) =>
    [false, true].map((isHeld) => fateOf({ wave: 0, on: 'target', isHeld, observed: { issued, report } }, retries)),
  );
  t.deepEqual(fates, ['failed', 'failed', 'waiting', 'held']);
  const waits = [1, 2].flatMap((retries) =>
    [false, true].map((isHeld) =>
      waitsForRetry({ wave: 0, on: 'target', isHeld, observed: { issued, report } }, retries),
    ),
  );
  t.deepEqual(waits, [false, false, true, false]);
});
