import test from 'ava';
import { maySoonChange, waitVerdict } from '../../cli/wait-verdict.ts';
import type { DeviceStatus, RevisionStatus, SourceStatus, StatusDocument } from '../../schemas/generated/types.ts';

function commit(letter: string): RevisionStatus {
  const at = '2026-03-01T00:00:00Z';
  return { id: letter.repeat(40), subject: letter, author: 'Ada', authoredAt: at, committedAt: at } as RevisionStatus;
}

const [older, newer] = [commit('a'), commit('b')];

const calm: SourceStatus = {
  state: 'current',
  location: 'x',
  branch: 'main',
  revision: newer,
  tip: newer,
  problems: [],
};

const wanted = { id: newer.id, isIn: (commit: string) => commit === newer.id };

function statusWith(source: Partial<SourceStatus>, device: Partial<DeviceStatus> = {}): StatusDocument {
  const one: DeviceStatus = {
    name: 'buoy',
    labels: {},
    state: 'running',
    reason: { code: 'UP_TO_DATE', message: 'runs deployment 2' },
    events: [],
    ...device,
  };
  const failed = one.state === 'failed' ? 1 : 0;
  const running = one.state === 'running' ? 1 : 0;
  return {
    apiVersion: 'fleet/v1alpha1',
    kind: 'Status',
    asOf: '2026-03-01T00:00:00Z',
    source: { ...calm, ...source },
    tally: {
      desired: 1,
      running,
      runningConnected: running,
      progressing: 1 - running - failed,
      failed,
      dark: 0,
      unknown: 0,
    },
    state: failed > 0 ? 'failed' : running > 0 ? 'converged' : 'progressing',
    fleets: [],
    sites: [],
    devices: [one],
    refusals: [],
  };
}

test('devices that have converged on the commit before are not what is waited for', (t) => {
  const status = statusWith({ revision: older, tip: older });
  const notYet = waitVerdict(status, wanted);
  t.is(notYet.kind, 'not-yet');
  t.regex('why' in notYet ? notYet.why : '', /not bbbbbbb \(nothing newer is on main\)/, 'it may be on another branch');
  t.is(waitVerdict(status).kind, 'done');
  t.is(waitVerdict(statusWith({}), wanted).kind, 'done');
});

test('a device that failed on the wanted commit ends the waiting, with its reason', (t) => {
  const failed = { state: 'failed', reason: { code: 'PROBATION_FAILED', message: 'went back' } } as const;
  t.deepEqual(waitVerdict(statusWith({}, failed), wanted), {
    kind: 'stuck',
    why: 'buoy is failed: went back (PROBATION_FAILED)',
  });
  t.is(
    waitVerdict(statusWith({ revision: older, tip: older }, failed), wanted).kind,
    'not-yet',
    'the new one may mend it',
  );
});

test('a device whose manifest has no key ends the waiting: somebody has to commit it', (t) => {
  const verdict = waitVerdict(
    statusWith({}, { state: 'unknown', reason: { code: 'NO_KEY', message: 'no key' } }),
    wanted,
  );
  t.deepEqual(verdict, { kind: 'stuck', why: 'buoy is unknown: no key (NO_KEY)' });
  const unheard = statusWith({}, { state: 'unknown', reason: { code: 'NEVER_HEARD', message: 'x' } });
  t.is(waitVerdict(unheard, wanted).kind, 'not-yet');
});

test('an application that is started again may yet do well', (t) => {
  const since = '2026-03-01T00:00:00Z';
  const application = { name: 'pump', version: '1', state: 'backoff', since, restarts: 1 } as const;
  const failed = {
    state: 'failed',
    reason: { code: 'APPLICATION_FAILED', message: 'pump 1 fails' },
    report: {
      ...{ at: since, counter: 1, agentVersion: '0.1.0', phase: 'active', since, highestSequence: 1 },
      applications: [application],
    },
  } as const;
  const device = { ...failed, report: { ...failed.report, applications: [{ ...application }] } };
  t.is(waitVerdict(statusWith({}, device as Partial<DeviceStatus>), wanted).kind, 'not-yet');
});

test('a refused commit ends the waiting for it with the first problem, and not the waiting for one that is not read yet', (t) => {
  const problems = [
    { file: 'fleets/ships.yaml', line: 8, code: 'UNKNOWN_APPLICATION', message: 'no application "pumpp"' },
  ];
  const refused = { state: 'refused', message: '1 problem in its files', problems, revision: older } as const;
  t.deepEqual(waitVerdict(statusWith({ ...refused, tip: newer, problems: [...problems] }), wanted), {
    kind: 'stuck',
    why: 'commit bbbbbbb is refused: 1 problem in its files; fleets/ships.yaml:8: UNKNOWN_APPLICATION no application "pumpp"',
  });
  t.is(waitVerdict(statusWith({ ...refused, tip: older, problems: [...problems] }), wanted).kind, 'not-yet');
  t.is(waitVerdict(statusWith({ ...refused, tip: newer, problems: [...problems] })).kind, 'stuck');
});

test('a later commit that is refused does not end the waiting for one that is in force', (t) => {
  const later = { ...newer, id: 'c'.repeat(40) };
  const both = { id: newer.id, isIn: (commit: string) => commit === newer.id || commit === later.id };
  const status = statusWith({ state: 'refused', tip: later, message: 'x' });
  t.is(waitVerdict(status, both).kind, 'done');
});

test('a refusal from before the waiting, as of a controller that was just started with another key, is believed after the next look', (t) => {
  const checkedAt = '2026-03-01T00:00:00Z';
  const verdict = waitVerdict(
    statusWith({ state: 'refused', revision: older, tip: newer, message: 'x', checkedAt }),
    wanted,
  );
  t.is(verdict.kind, 'stuck');
  t.true(maySoonChange(verdict, '2026-03-01T00:00:05Z', 2_000));
  t.false(maySoonChange(verdict, '2026-03-01T00:00:05Z', 20_000), 'a controller that looks seldom is not waited for');
  t.false(maySoonChange(verdict, checkedAt, 0), 'it has looked since');
  const failed = waitVerdict(statusWith({}, { state: 'failed', reason: { code: 'WENT_BACK', message: 'y' } }), wanted);
  t.false(maySoonChange(failed, '2026-03-01T00:00:05Z', 0));
});

test('waiting for a rollout that is halted does not help, for one that is paused or waits for a yes it may', (t) => {
  const waits = statusWith(
    {},
    { fleet: 'ships', state: 'progressing', reason: { code: 'WAVE_WAITS', message: 'a wave goes before' } },
  );
  const withRollout = (state: string) => {
    const rollout = { number: 3, state, reason: { code: 'TOO_MANY_FAILURES', message: 'one failed' } };
    return { ...waits, fleets: [{ name: 'ships', rollout }] } as unknown as StatusDocument;
  };
  t.deepEqual(waitVerdict(withRollout('halted'), wanted), {
    kind: 'stuck',
    why: 'rollout 3 of fleet ships is halted: one failed (TOO_MANY_FAILURES)',
  });
  t.deepEqual(waitVerdict(withRollout('paused'), wanted), {
    kind: 'not-yet',
    why: 'buoy is progressing: a wave goes before; rollout 3 of fleet ships is paused: one failed (TOO_MANY_FAILURES)',
  });
  t.is(waitVerdict({ ...withRollout('halted'), state: 'converged', devices: [] }, wanted).kind, 'done');
});
