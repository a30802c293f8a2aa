/** Failures at the limit of a wave halt its rollout, whatever state it is in. */
import test from 'ava';
import fc from 'fast-check';
import type { WaveCounts } from '../../../../controller/planning/rollout/gate.ts';
import type { Wave } from '../../../../controller/planning/rollout/policy.ts';
import { strictGate } from './strict-gate.ts';
import { devices, fresh, happenings, policy, World } from './world.ts';

const gate = strictGate();

/** Whether as many failed as halt a wave, said without the code that judges it. */
function isAtLimit({ gate: { failures } }: Wave, counts: WaveCounts): boolean {
  const { held, unchanged, failed, ...others } = counts;
  const size = Object.values(others).reduce((sum, count) => sum + count, failed);
  const limit = failures.kind === 'count' ? failures.count : Math.min(size, Math.ceil((failures.percent / 100) * size));
  return failed > 0 && failed >= limit;
}

test('failures at the limit halt: no rollout goes on or stays paused with as many in a wave that has begun', (t) => {
  fc.assert(
    fc.property(policy, devices, fc.boolean(), happenings, (wanted, fleet, hasGood, history) => {
      const world = new World(wanted, fleet, fresh(hasGood));
      world.settle();
      return history.every((happening) => {
        world.happen(happening);
        const open = wanted.waves.slice(0, world.rollout.wave + 1);
        const isFailed = open.some((one, index) => isAtLimit(one, world.book.counts[index]!));
        return !isFailed || !['running', 'paused'].includes(world.rollout.state);
      });
    }),
    { numRuns: 400 },
  );
  t.pass();
});

test('a rollout that is paused is halted by what failed, and resumed by nobody who does not try again', (t) => {
  const fleet = [{ wave: 0, on: 'nothing' as const, isHeld: false, observed: {} }];
  const world = new World({ waves: [{ name: 'all', gate, soakMs: 0 }], onFailure: 'halt' }, fleet, fresh(true));
  world.settle();
  world.happen({ kind: 'act', asked: { act: 'pause', who: 'ana', why: '' } });
  world.happen({ kind: 'say', device: 0, word: 'back' });
  t.like(world.rollout, { state: 'halted', reason: { code: 'TOO_MANY_FAILURES' } });
  world.happen({ kind: 'act', asked: { act: 'resume', who: 'ana', why: '' } });
  t.is(world.rollout.state, 'halted');
});

test('who does badly in a wave that has passed halts the rollout too', (t) => {
  const waves = ['canary', 'rest'].map((name) => ({ name, gate, soakMs: 0 }));
  const fleet = [0, 1].map((wave) => ({ wave, on: 'nothing' as const, isHeld: false, observed: {} }));
  const world = new World({ waves, onFailure: 'halt' }, fleet, fresh(true));
  world.settle();
  world.happen({ kind: 'say', device: 0, word: 'settled' });
  t.like(world.rollout, { state: 'running', wave: 1 });
  world.happen({ kind: 'say', device: 0, word: 'down' });
  t.like(world.rollout, { state: 'halted', reason: { code: 'TOO_MANY_FAILURES' } });
});
