import test from 'ava';
import { noCounts } from '../../../controller/planning/rollout/gate.ts';
import type { RolloutPolicy } from '../../../controller/planning/rollout/policy.ts';
import type { FinishedRollout, Rollout } from '../../../controller/planning/rollout/rollout.ts';
import type { RolloutView } from '../../../controller/planning/rollout/rollout-view.ts';
import { rolloutPast, rolloutStatus } from '../../../controller/view/rollout-status.ts';
import { isStatusDocument } from '../../../schemas/generated/validators/status.js';

const now = Date.parse('2026-03-01T00:00:00Z');
const gate: RolloutPolicy['waves'][number]['gate'] = {
  ...{ successPercent: 100, contacts: { kind: 'count', count: 1 }, patienceMs: 1 },
  failures: { kind: 'count', count: 1 },
};
const policy: RolloutPolicy = {
  waves: [
    { name: 'canary', gate, soakMs: 0, approve: 'after' },
    { name: 'rest', gate, soakMs: 0 },
  ],
  onFailure: 'halt',
};
const rollout: Rollout = {
  ...{ fleet: 'ships', number: 3, target: 'a'.repeat(64), revision: 'c'.repeat(40), subject: 'Pump 1.1.0' },
  ...{ startedAt: now, state: 'running', wave: 0, waveStartedAt: now, approved: ['canary'] },
  reason: { code: 'ROLLOUT_STARTED', message: 'it begins with its first wave' },
  acts: [{ at: now + 1_000, who: 'Ada', act: 'approve', why: 'seen' }],
  events: [{ at: now + 2_000, code: 'X', message: 'y' }],
};
const finished: FinishedRollout = { ...rollout, number: 2, finishedAt: now, outcome: 'superseded' };

function viewOf(more: Partial<Rollout>, also: Partial<RolloutView> = {}): RolloutView {
  return {
    ...{
      rollout: { ...rollout, ...more },
      policy,
      isCounted: true,
      asking: 0,
      verdict: { code: 'GATE_HOLDS', message: 'one is on its way' },
    },
    waves: [
      { name: 'canary', counts: { ...noCounts, updated: 2, dark: 1, held: 1 } },
      { name: 'rest', counts: { ...noCounts, waiting: 7 } },
    ],
    ...also,
  };
}

test('the wave that is open stands between those that passed and those that wait, and says what holds it now', (t) => {
  const status = rolloutStatus(viewOf({}, { nextAt: now + 60_000 }));
  t.like(status, { number: 3, state: 'running', wave: 1, nextAt: '2026-03-01T00:01:00.000Z' });
  t.deepEqual(status.reason, { code: 'GATE_HOLDS', message: 'one is on its way', since: '2026-03-01T00:00:02.000Z' });
  t.deepEqual(
    status.waves.map(({ name, state, approve, isApproved }) => [name, state, approve, isApproved]),
    [
      ['canary', 'open', 'after', true],
      ['rest', 'waiting', undefined, undefined],
    ],
  );
  t.is(status.stragglers, undefined, 'nobody of an open wave is behind');
  t.is(status.isCounting, undefined);
  t.true(rolloutStatus(viewOf({}, { isCounted: false })).isCounting);
});

test('devices of waves that have passed which are not through with it are stragglers, those that are held are not', (t) => {
  t.is(rolloutStatus(viewOf({ wave: 1 })).stragglers, 1);
  for (const state of ['halted', 'reverting'] as const) {
    t.is(rolloutStatus(viewOf({ wave: 1, state })).stragglers, undefined, 'nobody is offered it any more');
  }
  const done = rolloutStatus(viewOf({ wave: 1, state: 'done' }));
  t.is(done.stragglers, 8);
  t.deepEqual(
    done.waves.map(({ state }) => state),
    ['passed', 'passed'],
  );
});

test('devices that ask to take modules whole are told of while their fleet has them ask', (t) => {
  const under = (wholeModules: 'ask' | 'never', asking: number) => {
    const bytes = { patienceMs: 1, wholeModules };
    return rolloutStatus(viewOf({}, { asking, policy: { ...policy, bytes } })).asking;
  };
  t.is(under('ask', 2), 2);
  t.is(under('ask', 0), undefined);
  t.is(under('never', 2), undefined, 'nobody can be let');
});

test('a rollout whose policy has fewer waves now than it went through has its last one open', (t) => {
  const status = rolloutStatus(viewOf({ wave: 5 }));
  t.is(status.wave, 2);
  t.is(status.waves[1]?.state, 'open');
});

test('what was done to it, what happened, and those before it are as the schema has them', (t) => {
  const status = { ...rolloutStatus(viewOf({ good: 'b'.repeat(64) })), ...rolloutPast(rollout, [finished]) };
  t.like(status.finished[0], { number: 2, outcome: 'superseded', finishedAt: '2026-03-01T00:00:00.000Z' });
  t.deepEqual(status.acts, [{ at: '2026-03-01T00:00:01.000Z', who: 'Ada', act: 'approve', why: 'seen' }]);
  const tally = { desired: 0, running: 0, runningConnected: 0, progressing: 0, failed: 0, dark: 0, unknown: 0 };
  const document = {
    ...{ apiVersion: 'fleet/v1alpha1', kind: 'Status', asOf: '2026-03-01T00:00:00Z', tally, state: 'converged' },
    ...{ sites: [], devices: [], refusals: [] },
    source: { state: 'empty', location: 'x', branch: 'main', problems: [] },
    fleets: [{ name: 'ships', tally, applications: [], state: 'converged', rollout: status }],
  };
  t.true(isStatusDocument(document), JSON.stringify(isStatusDocument.errors));
});
