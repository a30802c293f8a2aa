/** Of which devices a book says that they count otherwise than before: nobody else is looked at for them. */
import test from 'ava';
import { Book } from '../../../../controller/planning/rollout/book.ts';
import type { DeviceInRollout } from '../../../../controller/planning/rollout/fate.ts';
import type { RolloutPolicy } from '../../../../controller/planning/rollout/policy.ts';
import { strictGate } from './strict-gate.ts';
import { fresh, settledOn, startMs } from './world.ts';

const policy: RolloutPolicy = {
  waves: [{ name: 'all', gate: strictGate(), soakMs: 0 }],
  budget: { groupBy: { kind: 'site' }, maxUnavailable: 1 },
  onFailure: 'halt',
};

/** Whether it counts otherwise the second time. */
function isNews(before: DeviceInRollout, after: DeviceInRollout): boolean {
  const book = new Book(policy, fresh(true));
  return book.note('pump', before) && book.note('pump', after);
}

const well: DeviceInRollout = {
  ...{ wave: 0, on: 'good', isHeld: false, group: 'ship' },
  observed: settledOn(1, startMs),
};
const unheard: DeviceInRollout = { ...well, observed: { issued: well.observed.issued! } };

test('one that its group has to do without from now on, or no more, counts otherwise, also where it waits as before', (t) => {
  t.true(isNews(well, { ...well, on: 'other', observed: unheard.observed }));
  t.true(isNews({ ...well, on: 'other', observed: unheard.observed }, { ...well, on: 'other' }));
  t.false(isNews(well, { ...well, observed: settledOn(1, startMs + 1) }));
});

test('one that has gone further on its way back counts otherwise', (t) => {
  const target: DeviceInRollout = { ...well, on: 'target', isHeld: true };
  t.true(isNews(target, { ...target, isHeld: false, lacksGood: true }));
  t.true(isNews({ ...target, isHeld: false }, { ...target, isHeld: false, lacksGood: true }));
});
