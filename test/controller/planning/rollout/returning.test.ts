import test from 'ava';
import { Book } from '../../../../controller/planning/rollout/book.ts';
import type { DeviceInRollout } from '../../../../controller/planning/rollout/fate.ts';
import type { RolloutPolicy } from '../../../../controller/planning/rollout/policy.ts';
import { reverting } from '../../../../controller/planning/rollout/rollout.ts';
import { step } from '../../../../controller/planning/rollout/step.ts';
import { strictGate } from './strict-gate.ts';
import { fresh, settledOn, startMs } from './world.ts';

const policy: RolloutPolicy = { waves: [{ name: 'all', soakMs: 0, gate: strictGate() }], onFailure: 'halt' };

test('a device that what was good can not be drawn for keeps no rollout from being reverted, and is named', (t) => {
  const [back, stuck] = [{}, { lacksGood: true as const }].map(
    (more): DeviceInRollout => ({ wave: 0, on: 'target', isHeld: false, observed: settledOn(1, startMs), ...more }),
  );
  const rollout = reverting(fresh(true), startMs);
  const book = new Book(policy, rollout);
  book.note('crane-7', stuck);
  book.note('crane-8', back);
  t.is(step(rollout, policy, book, startMs).verdict.code, 'REVERTING');
  book.note('crane-8', { ...back!, on: 'good' });
  t.like(step(rollout, policy, book, startMs).rollout, {
    state: 'halted',
    reason: {
      code: 'REVERTED',
      message:
        'all its other devices are back at what was good; 1 that what was good can not be drawn for, with what they have: crane-7',
    },
  });
  book.note('crane-7', { ...stuck!, on: 'good' });
  t.deepEqual([book.undrawn, book.returns.undrawn], [[], 0]);
});
