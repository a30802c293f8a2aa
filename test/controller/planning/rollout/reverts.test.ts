/** Who is waited for, and for how long, while devices go back. */
import test from 'ava';
import fc from 'fast-check';
import { noTally } from '../../../../controller/planning/rollout/book.ts';
import { noCounts } from '../../../../controller/planning/rollout/gate.ts';
import type { RolloutPolicy } from '../../../../controller/planning/rollout/policy.ts';
import { noReturns, returnOf } from '../../../../controller/planning/rollout/returning.ts';
import { reverting } from '../../../../controller/planning/rollout/rollout.ts';
import { step } from '../../../../controller/planning/rollout/step.ts';
import { strictGate } from './strict-gate.ts';
import { devices, fresh, happenings, minuteMs, policy, settledOn, startMs, World } from './world.ts';

function waveOf(name: string, minutes: number) {
  return { name, soakMs: 0, gate: strictGate(minutes) };
}

test('dark devices keep a rollout from being reverted for the longest patience of the waves that were begun', (t) => {
  const minutes = fc.integer({ min: 1, max: 300 });
  fc.assert(
    fc.property(fc.array(minutes, { minLength: 1, maxLength: 4 }), fc.nat(3), (patience, drawn) => {
      const waves = patience.map((some, index) => waveOf(`wave-${index}`, some));
      const wave = Math.min(drawn, waves.length - 1);
      const tally = { ...noTally, returns: { ...noReturns, dark: 1 } };
      const ends = startMs + Math.max(...patience.slice(0, wave + 1)) * minuteMs;
      const goesBack = { ...reverting(fresh(true), startMs), wave };
      const at = (now: number) => step(goesBack, { waves, onFailure: 'revert' }, tally, now);
      t.is(at(startMs).nextAt, ends);
      return at(ends - 1).rollout.state === 'reverting' && at(ends).rollout.state === 'halted';
    }),
  );
});

test('where nothing ran well before there is nothing to go back to: what failed is halted, whatever the fleet asks for', (t) => {
  fc.assert(
    fc.property(policy, devices, happenings, (wanted, fleet, history) => {
      const world = new World({ ...wanted, onFailure: 'revert' }, fleet, fresh(false));
      world.settle();
      return history.every((happening) => {
        world.happen(happening);
        return world.rollout.state !== 'reverting' && world.rollout.reason.code !== 'REVERTED';
      });
    }),
  );
  const tally = { ...noTally, counts: [{ ...noCounts, failed: 1 }], returns: { ...noReturns, offered: 1 } };
  const ended = (hasGood: boolean, onFailure: RolloutPolicy['onFailure']) =>
    step(fresh(hasGood), { waves: [waveOf('all', 1)], onFailure }, tally, startMs).rollout.state;
  t.deepEqual([ended(false, 'revert'), ended(true, 'revert'), ended(true, 'halt')], ['halted', 'reverting', 'halted']);
});

test('one that is held is waited for by nobody, wherever it is on its way', (t) => {
  const { issued } = settledOn(2, startMs);
  const sequence = issued!.sequence;
  const target = { sequence, revision: issued!.revision };
  const report = {
    ...{ since: new Date(startMs).toISOString(), phase: 'staged' as const, applications: [] },
    ...{ highestSequence: sequence, target, running: { ...target, sequence: 1 } },
  };
  for (const observed of [{ issued: issued! }, { issued: issued!, report, contactAt: startMs }]) {
    const device = { wave: 0, on: 'good' as const, isHeld: false, observed };
    t.not(returnOf(device), undefined);
    t.is(returnOf({ ...device, isHeld: true }), undefined);
    t.is(returnOf({ ...device, on: 'target', isHeld: true }), 'kept');
    t.is(returnOf({ ...device, on: 'target' }), 'offered');
  }
});
