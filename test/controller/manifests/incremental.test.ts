import test from 'ava';
import fc from 'fast-check';
import { applyChanges } from '../../../controller/manifests/apply-changes.ts';
import { emptyManifestState } from '../../../controller/manifests/manifest-state.ts';
import { catalogue, changesOf } from './fleet-fixture.ts';
import { changesBetween, commit, edited, plain, start } from './random-commits.ts';

test('applying edits one commit at a time gives what reading everything at once gives, problems included', (t) => {
  const seen = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(fc.array(commit, { minLength: 1, maxLength: 6 }), (commits) => {
      let files = start;
      let good = start;
      const first = applyChanges(emptyManifestState, changesOf(start), catalogue);
      if (first.kind !== 'accepted') throw new Error('the start is right');
      let state = first.state;
      for (const edits of commits) {
        files = edited(files, edits);
        const step = applyChanges(state, changesBetween(good, files), catalogue);
        const whole = applyChanges(emptyManifestState, changesOf(files), catalogue);
        seen[step.kind] += 1;
        if (step.kind === 'refused' || whole.kind === 'refused') {
          t.deepEqual(step, whole);
          continue;
        }
        t.deepEqual(plain(step.state), plain(whole.state));
        for (const [name, desired] of step.state.desiredDevices) {
          t.is(step.affected.has(name), desired !== state.desiredDevices.get(name), name);
        }
        [state, good] = [step.state, files];
      }
    }),
    { numRuns: 150 },
  );
  t.true(seen.accepted > 50 && seen.refused > 50, JSON.stringify(seen));
});
