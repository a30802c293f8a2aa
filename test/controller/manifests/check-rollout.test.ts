import test from 'ava';
import type { FleetRollout } from '../../../schemas/generated/types.ts';
import { fleet, harbor, problemsOf, stateOf } from './fleet-fixture.ts';

function filesOf(rollout: unknown) {
  const ships = fleet('ships', { kind: 'ship' }, [{ name: 'pump' }], { rollout: rollout as FleetRollout });
  return { ...harbor, 'fleets/ships.yaml': ships };
}

/** What is wrong with a rollout: line, code and message. */
function faults(rollout: unknown): string[] {
  return problemsOf(filesOf(rollout)).map(({ line, code, message }) => `${line} ${code} ${message}`);
}

test('a rollout with all that there is is taken', (t) => {
  const rollout: FleetRollout = {
    waves: [
      { name: 'canary', selector: { matchLabels: { kind: 'ship' } }, limit: 1, soak: '10m', approve: 'manual' },
      { name: 'some', limit: '12.5%', gate: { contacts: '50%', failures: '2%' }, approve: 'before' },
      { name: 'all' },
    ],
    gate: { success: '95%', contacts: 1, patience: '7d', failures: 3 },
    budget: { groupBy: 'fleet.dev/ship', maxUnavailable: 1 },
    onFailure: 'revert',
  };
  t.deepEqual(stateOf(filesOf(rollout)).fleets.get('ships')!.spec.rollout, rollout);
  t.truthy(stateOf(filesOf({})).fleets.get('ships')!.spec.rollout);
});

test('amounts and times that can not be are refused where they stand', (t) => {
  const waves = [{ name: 'canary', limit: '101%', soak: '10 minutes' }];
  const budget = { groupBy: 'a b', maxUnavailable: 1 };
  t.deepEqual(faults({ waves, gate: { success: 95, contacts: -1 }, budget }), [
    '14 BAD_VALUE spec.rollout.waves[0].limit cannot be string "101%": A number of devices, or a part of them as 5%, at most 100%.',
    '15 BAD_VALUE spec.rollout.waves[0].soak cannot be string "10 minutes": Seconds, minutes, hours or days, as 30s, 10m, 24h or 7d; at most 400d.',
    '17 WRONG_TYPE spec.rollout.gate.success must be text, not number 95; quote it',
    '18 OUT_OF_RANGE spec.rollout.gate.contacts must be >= 0, not number -1: So many devices of the wave, or such a part of them, must have made contact; 1 unless said.',
    '20 BAD_NAME "a b" can be no label of a device; write site or the key of a label',
  ]);
});

test('waves that take nobody and names that stand twice are refused', (t) => {
  t.deepEqual(faults({ waves: [{ name: 'all' }, { name: 'canary', limit: 1 }] }), [
    '14 WAVE_TAKES_NOBODY wave 1 has no selector and no limit and takes all devices that are left: none is left for this one; give that one a limit, or put it last',
  ]);
  const twice = [
    { name: 'canary', limit: 1 },
    { name: 'canary', limit: '0%' },
  ];
  t.deepEqual(faults({ waves: twice }), [
    '15 DUPLICATE_WAVE wave 1 is "canary" already; give this one a name of its own',
    '16 WAVE_TAKES_NOBODY a limit of 0% takes no device; write a number of devices or a larger part',
  ]);
});

test("a gate that can never pass is refused, whether it is the wave's own or that of the rollout", (t) => {
  t.deepEqual(faults({ waves: [{ name: 'canary', limit: 1, gate: { contacts: 2, failures: '0%' } }] }), [
    '16 GATE_NEVER_PASSES this gate can never pass: it waits for 2 devices, and the wave takes 1; write at most 1',
    '17 GATE_NEVER_PASSES this gate can never pass: none may fail, and none has; write 1 where the first failure is to end the rollout',
  ]);
  t.deepEqual(faults({ waves: [{ name: 'canary', limit: 1 }], gate: { contacts: 2 } }), [
    "14 GATE_NEVER_PASSES its gate can never pass: the rollout's waits for 2 devices, and this wave takes 1; give the wave a gate with contacts of at most 1",
  ]);
});

test('a selector of a wave is held to what selectors are', (t) => {
  const selector = { matchExpressions: [{ key: 'kind', operator: 'In', values: [] }] };
  t.deepEqual(faults({ waves: [{ name: 'canary', selector }] }), ['16 BAD_SELECTOR In needs at least one of "values"']);
});
