import test from 'ava';
import fc from 'fast-check';
import { beginRollout, type Wanted, withFinished } from '../../../../controller/planning/rollout/begin.ts';
import { type FinishedRollout, finishedMax, type Rollout } from '../../../../controller/planning/rollout/rollout.ts';

const now = 1_000_000;
const [first, second, third] = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as [string, string, string];

function wanted(target: string, more: Partial<Wanted> = {}): Wanted {
  return { fleet: 'ships', target, revision: 'd'.repeat(40), subject: 'Pump 1.1.0', ...more };
}

test('a fleet that gets waves with what it runs already has nothing to roll out', (t) => {
  const { rollout, finished } = beginRollout(undefined, [], wanted(first, { before: first }), now);
  t.like(rollout, { number: 1, state: 'done', target: first, good: first });
  t.like(finished, [{ number: 1, outcome: 'done', finishedAt: now }]);
});

test('a fleet that gets waves and something new together may go back to what it had before', (t) => {
  const { rollout } = beginRollout(undefined, [], wanted(second, { before: first }), now);
  t.like(rollout, { number: 1, state: 'running', wave: 0, target: second, good: first });
});

test('a fleet that is new has nothing to go back to', (t) => {
  const { rollout } = beginRollout(undefined, [], wanted(first), now);
  t.like(rollout, { state: 'running', target: first, good: undefined });
});

test('a commit that says nothing new to the fleet leaves its rollout as it is, also a halted one', (t) => {
  const { rollout } = beginRollout(undefined, [], wanted(second, { before: first }), now);
  const halted: Rollout = { ...rollout, state: 'halted', wave: 1 };
  t.is(beginRollout(halted, [], wanted(second, { revision: 'e'.repeat(40) }), now + 1).rollout, halted);
});

test('a commit with something new supersedes what is under way and goes back no further than what was completed', (t) => {
  const { rollout } = beginRollout(undefined, [], wanted(second, { before: first }), now);
  const begun = beginRollout({ ...rollout, state: 'halted', wave: 1 }, [], wanted(third), now + 1);
  t.like(begun.rollout, { number: 2, state: 'running', wave: 0, target: third, good: first, approved: [] });
  t.like(begun.finished[0], { number: 1, outcome: 'superseded', finishedAt: now + 1, target: second });
});

test('a commit that goes back to what was good ends the rollout at once', (t) => {
  const { rollout } = beginRollout(undefined, [], wanted(second, { before: first }), now);
  const begun = beginRollout(rollout, [], wanted(first), now + 1);
  t.like(begun.rollout, { number: 2, state: 'done', target: first, good: first });
  t.like(begun.finished, [
    { number: 2, outcome: 'done', finishedAt: now + 1 },
    { number: 1, outcome: 'superseded' },
  ]);
});

test('a fleet that was forgotten and comes again goes on where it may have counted to', (t) => {
  const forgotten = { number: 7, retries: 3 };
  t.like(beginRollout(undefined, [], wanted(first, { forgotten }), now).rollout, { number: 8, retries: 3 });
});

test('whatever commits come, what is good was completed once, numbers grow, and what is remembered is bounded', (t) => {
  const step = fc.record({ target: fc.constantFrom(first, second, third), completes: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const completed = new Set<string | undefined>([undefined]);
      let rollout: Rollout | undefined;
      let finished: readonly FinishedRollout[] = [];
      for (const [at, { target, completes }] of steps.entries()) {
        const begun = beginRollout(rollout, finished, wanted(target), now + at);
        t.true(completed.has(begun.rollout.good));
        t.true(begun.rollout.number >= (rollout?.number ?? 0));
        t.is(begun.finished[0]?.number === begun.rollout.number, begun.rollout.state === 'done');
        t.true(begun.finished.length <= finishedMax);
        t.is(begun.rollout.target, target);
        ({ rollout, finished } = begun);
        if (completes && rollout.state !== 'done') {
          rollout = { ...rollout, state: 'done', good: target };
          finished = withFinished(finished, { rollout, outcome: 'done', now });
        }
        if (completes) completed.add(target);
      }
    }),
  );
});
