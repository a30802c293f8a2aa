import test from 'ava';
import { applyChanges } from '../../../controller/manifests/apply-changes.ts';
import { selects } from '../../../controller/manifests/selector.ts';
import type { Selector } from '../../../schemas/generated/types.ts';
import { catalogue, changesOf, desiredFrom, device, fleet, stateOf } from './fleet-fixture.ts';

const ship = { kind: 'ship', zone: 'north' };

test('an empty selector takes every device', (t) => {
  t.true(selects({}, {}));
  t.true(selects({ matchLabels: {}, matchExpressions: [] }, ship));
});

for (const [selector, labels, expected] of [
  [{ matchLabels: { kind: 'ship', zone: 'north' } }, ship, true],
  [{ matchLabels: { kind: 'ship', zone: 'south' } }, ship, false],
  [{ matchExpressions: [{ key: 'kind', operator: 'In', values: ['truck', 'ship'] }] }, ship, true],
  [{ matchExpressions: [{ key: 'kind', operator: 'In', values: ['ship'] }] }, {}, false],
  [{ matchExpressions: [{ key: 'kind', operator: 'NotIn', values: ['ship'] }] }, ship, false],
  [{ matchExpressions: [{ key: 'kind', operator: 'NotIn', values: ['ship'] }] }, {}, true],
  [{ matchExpressions: [{ key: 'zone', operator: 'Exists' }] }, ship, true],
  [{ matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] }, ship, false],
  [
    { matchLabels: { kind: 'ship' }, matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] },
    { kind: 'ship' },
    true,
  ],
  [{ matchExpressions: [{ key: 'toString', operator: 'Exists' }] }, ship, false],
] as readonly (readonly [Selector, Record<string, string>, boolean])[]) {
  test(`${JSON.stringify(selector)} ${expected ? 'takes' : 'leaves'} ${JSON.stringify(labels)}`, (t) => {
    t.is(selects(selector, labels), expected);
  });
}

const devices = Object.fromEntries(
  ['ship', 'truck', 'crane'].flatMap((kind) =>
    ['north', 'south'].map((zone) => [`${kind}-${zone}.yaml`, device(`${kind}-${zone}`, { kind, zone })]),
  ),
);

for (const selector of [
  { matchExpressions: [{ key: 'kind', operator: 'In' as const, values: ['ship', 'crane'] }] },
  { matchExpressions: [{ key: 'kind', operator: 'NotIn' as const, values: ['ship'] }] },
  { matchLabels: { zone: 'north' }, matchExpressions: [{ key: 'kind', operator: 'Exists' as const }] },
  {},
]) {
  test(`a fleet added later finds its devices by the index: ${JSON.stringify(selector)}`, (t) => {
    const edit = { 'fleet.yaml': fleet('some', {}, [], { selector }) };
    const applied = applyChanges(stateOf(devices), changesOf(edit), catalogue);
    const expected = [...desiredFrom(devices).devices.values()].filter(({ labels }) => selects(selector, labels));
    t.deepEqual(applied.kind === 'accepted' && [...applied.affected].sort(), expected.map(({ name }) => name).sort());
  });
}
