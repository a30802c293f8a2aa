import test from 'ava';
import type { FinishedRollout } from '../../../../controller/planning/rollout/rollout.ts';
import { isGoodNewer } from '../../../../controller/planning/rollout/stale-offer.ts';
import { fresh, startMs } from './world.ts';

/** Newest first, as they are kept; an upper case letter was completed. */
function finished(targets: string): readonly FinishedRollout[] {
  return Array.from(targets, (target, at) => ({
    ...{ ...fresh(true), target: target.toLowerCase(), number: targets.length - at, finishedAt: startMs },
    outcome: target === target.toLowerCase() ? 'superseded' : 'done',
  }));
}

function isNewer(good: string, over: string, definition?: string): boolean {
  const what = { sequence: 1, revision: 'c'.repeat(40), issuedAt: startMs, templateHash: '9'.repeat(64) };
  const issued = { ...what, applications: [], ...(definition === undefined ? {} : { definition }) };
  return isGoodNewer(good, finished(over), issued);
}

test('what a fleet completed is newer to a device that has what was completed or given up before that', (t) => {
  t.deepEqual([isNewer('c', 'CbA', 'a'), isNewer('c', 'CbA', 'b')], [true, true]);
});

test('what a fleet completed before it brought a device something is a way back for it, also when that was wanted again since', (t) => {
  t.deepEqual([isNewer('a', 'bA', 'b'), isNewer('a', 'AbA', 'b')], [false, false]);
});

test('to a device with what nobody remembers all that rollouts completed is newer, and what was there before the first is not', (t) => {
  t.deepEqual([isNewer('c', 'CB', 'a'), isNewer('z', 'cb', 'a')], [true, false]);
});

test('what a device was issued while its fleet had no waves says nothing', (t) => {
  t.false(isNewer('c', 'CB'));
});
