/** Changed files and the catalogue of releases → the next desired fleet, or everything that speaks against it. */

import type { Problem } from '../../schemas/generated/types.ts';
import { warnOfUnreadChannels } from './channel-warnings.ts';
import { warnOfLackingDeltas } from './delta-warnings.ts';
import type { Catalogue } from './desired.ts';
import type { Reread } from './device-sheet.ts';
import type { FileChange } from './draft.ts';
import { drawDevices } from './draw-devices.ts';
import type { Finding } from './finding.ts';
import { warnOfGates } from './gate-warnings.ts';
import { takeIn } from './incoming.ts';
import type { ManifestState } from './manifest-state.ts';
import { updateMembership } from './membership.ts';
import { openDraft } from './read-changes.ts';
import { checkReferences } from './references.ts';
import { judgeWitnesses, noteWitnesses } from './rollout-witnesses.ts';
import { warnOfUnsealed } from './sealed-copies.ts';
import { warnOfEmptyFleets, warnOfStrays } from './selection-warnings.ts';
import { forEachInSteps, runAtOnce, type Steps } from './steps.ts';

/**
 * What became of a change. A refused one leaves the state before in force and usable; its findings still lack lines, which
 * `locateProblems` adds. `affected` names the devices whose `DesiredDevice` came, went or differs, a set that is made when
 * somebody asks; all others are the very same objects as before.
 */
export type Applied<Affected = ReadonlySet<string>> = (
  | { readonly kind: 'accepted'; readonly state: ManifestState; readonly affected: Affected }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[]; readonly findings: readonly Finding[] }
) & {
  /** What is most likely not meant, of the whole revision and not of the change alone; it refuses nothing. */
  readonly warnings: readonly Finding[];
};

/** As `applyChanges`, step by step; so is the set of who is affected made. */
export function* applyChangesInSteps(
  state: ManifestState,
  changed: Iterable<FileChange>,
  catalogue: Catalogue,
  reread?: Reread,
): Steps<Applied<() => Steps<ReadonlySet<string>>>> {
  const incoming = yield* takeIn(state, changed, reread);
  const { changes } = incoming;
  const draft = yield* openDraft(state, incoming);
  draft.next.catalogue = catalogue;
  const judged = yield* updateMembership(draft);
  yield* checkReferences(draft, changes);
  yield* warnOfEmptyFleets(draft);
  yield* noteWitnesses(draft, judged);
  yield* judgeWitnesses(draft, judged);
  yield* warnOfGates(draft);
  warnOfUnreadChannels(draft);
  const affected = yield* drawDevices(draft, judged);
  yield* warnOfStrays(draft);
  yield* warnOfLackingDeltas(draft);
  yield* warnOfUnsealed(draft);
  const problems: Problem[] = [];
  yield* forEachInSteps(changes, ({ path, file }) => {
    for (const problem of file?.problems ?? []) problems.push({ file: path, ...problem });
  });
  const findings = draft.findings.errors();
  const warnings = draft.findings.warnings();
  if (problems.length > 0 || findings.length > 0) return { kind: 'refused', problems, findings, warnings };
  return { kind: 'accepted', state: { ...draft.next }, affected, warnings };
}

/**
 * Applies what differs between the revision of `state` and the next one. The cost follows the files and devices that are
 * touched, not the size of the fleet. Starting from `emptyManifestState` with every file gives the same state. What `reread`
 * finds again is not held.
 */
export function applyChanges(
  state: ManifestState,
  changed: Iterable<FileChange>,
  catalogue: Catalogue,
  reread?: Reread,
): Applied {
  const applied = runAtOnce(applyChangesInSteps(state, changed, catalogue, reread));
  if (applied.kind === 'refused') return applied;
  return {
    ...applied,
    get affected() {
      return runAtOnce(applied.affected());
    },
  };
}
