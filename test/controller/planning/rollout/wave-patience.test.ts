/** From when the patience of a wave counts: from when its devices could be offered something, and never from before. */
import test from 'ava';
import fc from 'fast-check';
import { noTally } from '../../../../controller/planning/rollout/book.ts';
import type { DeviceInRollout } from '../../../../controller/planning/rollout/fate.ts';
import { noCounts } from '../../../../controller/planning/rollout/gate.ts';
import { step } from '../../../../controller/planning/rollout/step.ts';
import { strictGate } from './strict-gate.ts';
import { fresh, minuteMs, startMs, World } from './world.ts';

test('a wave of which a device stays dark passes after its patience, counted from when it was opened and not from before', (t) => {
  const minutes = fc.integer({ min: 1, max: 300 });
  fc.assert(
    fc.property(minutes, minutes, minutes, fc.integer({ min: 1, max: 3 }), (first, second, patience, heard) => {
      const waves = [1000, 1000, patience].map((minutes, index) => {
        return { name: `wave-${index}`, gate: strictGate(minutes), soakMs: 0 };
      });
      // The last wave has one that is never heard.
      const fleet = [0, 1, ...Array.from({ length: heard + 1 }, () => 2)].map((wave): DeviceInRollout => {
        return { wave, on: 'nothing', isHeld: false, observed: {} };
      });
      const world = new World({ waves, onFailure: 'halt' }, fleet, fresh(true));
      world.settle();
      for (const [wave, pause] of [first, second].entries()) {
        world.happen({ kind: 'pass', minutes: pause });
        world.happen({ kind: 'say', device: wave, word: 'settled' });
      }
      for (let device = 2; device < 2 + heard; device += 1) world.happen({ kind: 'say', device, word: 'settled' });
      world.happen({ kind: 'pass', minutes: patience - 1 });
      const before = world.rollout;
      world.happen({ kind: 'pass', minutes: 1 });
      return before.state === 'running' && before.wave === 2 && world.rollout.state === 'done';
    }),
  );
  t.pass();
});

test('a gate that opened and closed makes no wave after it wait longer', (t) => {
  const gate = strictGate();
  const waves = ['first', 'then'].map((name) => ({ name, gate, soakMs: 0 }));
  const updated = { ...noCounts, updated: 1 };
  const flapped = { ...fresh(true), gatePassedAt: startMs, reopened: { count: 12, at: startMs - 1 } };
  const tally = { ...noTally, counts: [updated, updated] };
  t.is(step(flapped, { waves, onFailure: 'halt' }, tally, startMs).rollout.state, 'done');
});

test('a last wave of which nobody may be offered anything is waited for by nobody, and ends the rollout', (t) => {
  const gate = strictGate();
  const waves = ['first', 'last'].map((name) => ({ name, gate, soakMs: 0 }));
  const tally = {
    ...noTally,
    counts: [
      { ...noCounts, updated: 1 },
      { ...noCounts, held: 3 },
    ],
  };
  t.is(step(fresh(true), { waves, onFailure: 'halt' }, tally, startMs).rollout.state, 'done');
});

test('a commit that asks for no yes any more opens the wave that waited for it, and its patience begins', (t) => {
  const gate = strictGate(60);
  const wave = { name: 'all', gate, soakMs: 0 };
  const tally = { ...noTally, counts: [{ ...noCounts, waiting: 1 }] };
  const waits = step(fresh(true), { waves: [{ ...wave, approve: 'before' }], onFailure: 'halt' }, tally, startMs);
  t.is(waits.verdict.code, 'NEEDS_APPROVAL');
  const later = startMs + 90 * minuteMs;
  const opened = step(waits.rollout, { waves: [wave], onFailure: 'halt' }, tally, later);
  t.like(opened, { rollout: { waveStartedAt: later, reason: { code: 'WAVE_OPEN' } }, nextAt: later + gate.patienceMs });
});
