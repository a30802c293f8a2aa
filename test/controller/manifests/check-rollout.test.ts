import test from 'ava';
import { applyChanges } from '../../../controller/manifests/apply-changes.ts';
import type { FleetRollout } from '../../../schemas/generated/types.ts';
import { catalogue, changesOf, device, fleet, harbor, problemsOf, stateOf, warningsOf } from './fleet-fixture.ts';

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
  t.regex(
    faults({ waves: [{ name: 'all', limit: '100%' }, { name: 'rest' }] })[0]!,
    /^15 WAVE_TAKES_NOBODY wave 1 .* a limit of 100% and takes/,
  );
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

test('a wave that takes fewer devices than the failures that halt it is warned of: what fails in it would hold it for good', (t) => {
  const told = (rollout: unknown) =>
    warningsOf(filesOf(rollout)).flatMap(({ line, code, message }) =>
      code === 'GATE_NEVER_HALTS' ? `${line} ${message}` : [],
    );
  const waves = [{ name: 'canary', limit: 1 }, { name: 'rest' }];
  t.deepEqual(told({ waves, gate: { failures: 2 } }), [
    '14 wave canary takes 1 device and 2 failures would halt it, more than there can be: what fails in it holds the rollout for good; give the wave a gate with failures of at most 1',
  ]);
  t.deepEqual(told({ waves, gate: { failures: '50%' } }), []);
  t.deepEqual(told({ waves, gate: { failures: 2, success: '0%' } }), []);
  const own = [{ ...waves[0], gate: { failures: 1 } }, waves[1]];
  t.deepEqual(told({ waves: own, gate: { failures: 2 } }), []);
});

test('a selector of a wave is held to what selectors are', (t) => {
  const selector = { matchExpressions: [{ key: 'kind', operator: 'In', values: [] }] };
  t.deepEqual(faults({ waves: [{ name: 'canary', selector }] }), ['16 BAD_SELECTOR In needs at least one of "values"']);
});

const canaries = { waves: [{ name: 'canary', selector: { matchLabels: { canary: 'yes' } } }] };

test('a wave that selects no device of a fleet that has some is refused, with the labels that they have', (t) => {
  t.deepEqual(faults(canaries), [
    '14 WAVE_TAKES_NOBODY wave canary selects no device of its fleet, so that nothing would be tried in it (of its devices none has the label canary); mend the selector, label devices, or take the wave away',
  ]);
  const slip = { waves: [{ name: 'canary', selector: { matchLabels: { kind: 'shp' } } }] };
  t.regex(faults(slip)[0]!, /of its devices kind is one of: ship\)/);
  const nobody = { 'devices/bridge.yaml': device('bridge', {}), 'devices/engine.yaml': device('engine', {}) };
  t.true(stateOf({ ...filesOf(canaries), ...nobody }).fleets.has('ships'));
});

test('a wave whose devices those before take all is refused; a limit may leave it some', (t) => {
  const selector = { matchLabels: { kind: 'ship' } };
  const all = [
    { name: 'first', selector },
    { name: 'second', selector },
  ];
  t.deepEqual(faults({ waves: all }), [
    '18 WAVE_TAKES_NOBODY wave second takes no device: all 2 devices that it selects are in a wave before it; put it before that one, mend a selector, or take the wave away',
  ]);
  t.deepEqual(faults({ waves: [{ ...all[0], limit: '100%' }, all[1]] }).length, 1);
  t.truthy(stateOf(filesOf({ waves: [{ ...all[0], limit: '50%' }, all[1]] })).fleets.get('ships'));
});

test('a first wave that takes the whole fleet is warned of, unless that is one device or a limit leaves some', (t) => {
  const wave = { name: 'canary', selector: { matchLabels: { kind: 'ship' } } };
  const told = (files: Record<string, string>) =>
    warningsOf(files).flatMap(({ line, code, message }) =>
      code === 'FIRST_WAVE_TAKES_ALL' ? `${line} ${message}` : [],
    );
  t.deepEqual(told(filesOf({ waves: [wave, { name: 'rest' }] })), [
    '14 wave canary is the first and takes all 2 devices of the fleet, so that nothing is tried on some of them before it goes to all; give it a limit, or a selector that fewer have',
  ]);
  t.deepEqual(told(filesOf({ waves: [{ ...wave, limit: 1 }] })), []);
  t.deepEqual(told(filesOf({ waves: [{ ...wave, limit: 2 }, { name: 'rest' }] })), [
    '14 wave canary is the first and takes all 2 devices of the fleet, so that nothing is tried on some of them before it goes to all; give it a smaller limit, or a selector that fewer have',
  ]);
  t.deepEqual(told(filesOf({ waves: [{ ...wave, limit: '50%' }] })), []);
  t.deepEqual(told(filesOf({ waves: [{ name: 'canary', limit: 2 }] })), [
    '14 wave canary is the first and its limit of 2 takes all 2 devices of the fleet, so that nothing is tried on some of them before it goes to all; write less than 2',
  ]);
  t.deepEqual(told(filesOf({ waves: [{ name: 'canary', limit: 1 }] })), []);
  const alone = { 'devices/engine.yaml': device('engine', {}) };
  t.deepEqual(told({ ...filesOf({ waves: [wave] }), ...alone }), []);
});

test('who takes the last device of a wave away is refused; another one in its place will do', (t) => {
  const labelled = (name: string) => ({ [`devices/${name}.yaml`]: device(name, { kind: 'ship', canary: 'yes' }) });
  const before = stateOf({ ...filesOf(canaries), ...labelled('bridge') });
  const plain = { 'devices/bridge.yaml': device('bridge', { kind: 'ship' }) };
  const codes = (files: Record<string, string>) => {
    const applied = applyChanges(before, changesOf(files), catalogue);
    return applied.kind === 'refused' ? applied.findings.map(({ code }) => code) : applied.kind;
  };
  t.deepEqual(codes(plain), ['WAVE_TAKES_NOBODY']);
  t.is(codes({ ...plain, ...labelled('engine') }), 'accepted');
  const both = applyChanges(before, changesOf(labelled('engine')), catalogue);
  t.is(both.kind === 'accepted' && applyChanges(both.state, changesOf(plain), catalogue).kind, 'accepted');
});

test('a wave is not blamed while a device with problems may be in it', (t) => {
  const broken = device('new', { kind: 'ship', canary: 'yes' }, { site: 'nowhere' }).replace('site:', 'siet:');
  const codes = problemsOf({ ...filesOf(canaries), 'devices/new.yaml': broken }).map(({ file }) => file);
  t.deepEqual(codes, ['devices/new.yaml']);
});

test('a budget whose groups no device of the fleet is in is warned of at every commit', (t) => {
  const told = (groupBy: string) =>
    warningsOf(filesOf({ budget: { groupBy, maxUnavailable: 1 } })).flatMap(({ line, code, message }) =>
      code === 'BUDGET_BOUNDS_NOBODY' ? `${line} ${message}` : [],
    );
  t.deepEqual(told('ship'), [
    '13 no device of the fleet has the label ship, so that this budget bounds none of them; write site or the key of a label that they have',
  ]);
  t.deepEqual([told('site'), told('kind')], [[], []]);
  const state = stateOf(filesOf({ budget: { groupBy: 'ship', maxUnavailable: 1 } }));
  const spare = applyChanges(state, changesOf({ 'devices/spare.yaml': device('spare', { kind: 'other' }) }), catalogue);
  t.true(spare.warnings.some(({ code }) => code === 'BUDGET_BOUNDS_NOBODY'));
});
