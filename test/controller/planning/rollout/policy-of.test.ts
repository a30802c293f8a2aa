import test from 'ava';
import { policyOf } from '../../../../controller/planning/rollout/policy-of.ts';
import type { Fleet, FleetRollout } from '../../../../schemas/generated/types.ts';

function fleetWith(rollout?: FleetRollout): Fleet {
  const spec = { selector: {}, applications: [], ...(rollout === undefined ? {} : { rollout }) };
  return { apiVersion: 'fleet/v1alpha1', kind: 'Fleet', metadata: { name: 'ships' }, spec };
}

const minuteMs = 60_000;
const gate = {
  ...{ successPercent: 100, contacts: { kind: 'count', count: 1 }, patienceMs: 24 * 60 * minuteMs },
  failures: { kind: 'count', count: 1 },
} as const;

test('a fleet without a rollout has no policy, and an empty one is one wave of all with the defaults', (t) => {
  t.is(policyOf(fleetWith()), undefined);
  t.deepEqual(policyOf(fleetWith({})), { waves: [{ name: 'rest', gate, soakMs: 0 }], onFailure: 'halt' });
});

test('a wave has of its gate what it says itself, then what the rollout says, then the defaults', (t) => {
  const canary = { name: 'canary', limit: '5%', soak: '10m', approve: 'manual', gate: { contacts: '50%' } } as const;
  const policy = policyOf(fleetWith({ waves: [canary], gate: { contacts: 3, success: '99.5%' } }))!;
  t.deepEqual(policy.waves, [
    {
      ...{ name: 'canary', limit: { kind: 'percent', percent: 5 }, soakMs: 10 * minuteMs, approve: 'after' },
      gate: { ...gate, successPercent: 99.5, contacts: { kind: 'percent', percent: 50 } },
    },
    { name: 'rest', gate: { ...gate, successPercent: 99.5, contacts: { kind: 'count', count: 3 } }, soakMs: 0 },
  ]);
});

test('the last wave takes the rest, under a name that no other has', (t) => {
  const names = (waves: FleetRollout['waves']) =>
    policyOf(fleetWith({ ...(waves && { waves }) }))!.waves.map(({ name }) => name);
  t.deepEqual(names([{ name: 'canary', limit: 1 }, { name: 'all' }]), ['canary', 'all']);
  t.deepEqual(names([{ name: 'rest', limit: 1 }]), ['rest', 'rest-2']);
  t.deepEqual(names([{ name: 'canary', selector: {} }]), ['canary', 'rest']);
});

test('a budget is by site or by a label', (t) => {
  const budgetBy = (groupBy: string) => policyOf(fleetWith({ budget: { groupBy, maxUnavailable: 2 } }))!.budget;
  t.deepEqual(budgetBy('site'), { groupBy: { kind: 'site' }, maxUnavailable: 2 });
  t.deepEqual(budgetBy('pair'), { groupBy: { kind: 'label', key: 'pair' }, maxUnavailable: 2 });
});
