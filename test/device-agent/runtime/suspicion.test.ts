import test from 'ava';
import fc from 'fast-check';
import {
  type HostDeath,
  judgeDeath,
  noSuspicion,
  reviewSuspicion,
  suspicionMs,
} from '../../../device-agent/runtime/suspicion.ts';

const death = (changes: Partial<HostDeath>): HostDeath => ({
  ...{ ending: 'crashed', residents: ['a', 'b', 'c'], executing: undefined, atMs: 0 },
  ...changes,
});

test('judgeDeath() holds the one to have done it whose code was being executed', (t) => {
  const { suspects, suspicion } = judgeDeath(death({ executing: 'b' }), noSuspicion);
  t.deepEqual(suspects, ['b']);
  t.deepEqual([...suspicion.culprits], ['b']);
  t.deepEqual(suspicion.groups, []);
});

test('judgeDeath() holds nobody to have ended a process that was ended from outside, but twice is no accident', (t) => {
  const first = judgeDeath(death({ ending: 'killed', executing: 'b' }), noSuspicion);
  t.deepEqual(first.suspects, []);
  t.deepEqual(judgeDeath(death({ ending: 'killed', atMs: suspicionMs }), first.suspicion).suspects, []);
  const second = judgeDeath(death({ ending: 'killed', atMs: suspicionMs - 1 }), first.suspicion);
  t.deepEqual(second.suspects, ['a', 'b', 'c']);
  t.deepEqual(second.suspicion.groups, [['a', 'b'], ['c']]);
});

test('whoever ends its process again and again is known after as many deaths as halving takes, and nobody else is blamed', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 64 }), fc.nat(), (count, pick) => {
      const names = Array.from({ length: count }, (_, index) => `app-${index}`);
      const culprit = names[pick % count]!;
      let suspicion = noSuspicion;
      let deaths = 0;
      while (!suspicion.culprits.has(culprit)) {
        const residents = suspicion.groups.find((group) => group.includes(culprit)) ?? names;
        ({ suspicion } = judgeDeath(death({ residents, atMs: deaths }), suspicion));
        deaths += 1;
        if (deaths > 8) return false;
      }
      return (
        suspicion.culprits.size === 1 && suspicion.groups.length === 0 && deaths <= Math.ceil(Math.log2(count)) + 1
      );
    }),
  );
  t.pass();
});

test('reviewSuspicion() forgets what has changed, and groups that were quiet for long', (t) => {
  const { suspicion } = judgeDeath(death({}), noSuspicion);
  const kept = reviewSuspicion(suspicion, new Set(['a', 'c']), 1);
  t.deepEqual(kept.groups, [['a'], ['c']]);
  t.deepEqual(reviewSuspicion(suspicion, new Set(['a', 'b', 'c']), suspicionMs).groups, []);
  const known = judgeDeath(death({ executing: 'a' }), noSuspicion).suspicion;
  t.deepEqual([...reviewSuspicion(known, new Set(['b']), 1).culprits], []);
  t.deepEqual([...reviewSuspicion(known, new Set(['a']), suspicionMs).culprits], ['a']);
});
