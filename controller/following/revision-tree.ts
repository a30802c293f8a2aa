/** The files of a revision, from those of the one before it and what differs. */
import { emptyTree, type FleetTree } from '../manifests/fleet-tree.ts';
import { MapDraft } from '../manifests/map-draft.ts';
import { isUnreadName } from '../manifests/passed-over.ts';
import { pauseNow, type Steps } from '../manifests/steps.ts';
import { isTrustFile } from '../publishing/trust-files.ts';
import type { BlobChange, OddChange } from '../source/source.ts';

/** What differs between two trees. */
export interface TreeChanges {
  readonly files: readonly BlobChange[];
  readonly odd: readonly OddChange[];
}

/** The tree that changes lead to. */
export function* changedTree(before: FleetTree, changes: TreeChanges): Steps<FleetTree> {
  const files = new MapDraft(before.files);
  const [trustFiles, unread, odd] = [new Map(before.trustFiles), new Set(before.unread), new Map(before.odd)];
  for (const { path, oid } of changes.files) {
    yield pauseNow;
    oid === undefined ? files.delete(path) : files.set(path, oid);
    if (isTrustFile(path)) oid === undefined ? trustFiles.delete(path) : trustFiles.set(path, oid);
    if (isUnreadName(path)) oid === undefined ? unread.delete(path) : unread.add(path);
  }
  for (const { path, kind } of changes.odd) kind === undefined ? odd.delete(path) : odd.set(path, kind);
  return { files: yield* files.settled(), trustFiles, unread, odd };
}

/** What differs between two trees whose every entry is known. */
export function* changesBetween(before: FleetTree, after: FleetTree): Steps<TreeChanges> {
  const files: BlobChange[] = [];
  for (const [path, oid] of after.files) {
    yield pauseNow;
    if (before.files.get(path) !== oid) files.push({ path, oid });
  }
  for (const path of before.files.keys()) {
    yield pauseNow;
    if (!after.files.has(path)) files.push({ path });
  }
  const odd: OddChange[] = [...after.odd].flatMap(([path, kind]) =>
    before.odd.get(path) === kind ? [] : [{ path, kind }],
  );
  for (const path of before.odd.keys()) if (!after.odd.has(path)) odd.push({ path });
  return { files, odd };
}

/** A tree of these files alone. */
export function treeOf(
  files: Iterable<readonly [path: string, oid: string]>,
  odd: readonly OddChange[] = [],
): Steps<FleetTree> {
  return changedTree(emptyTree, { files: Array.from(files, ([path, oid]) => ({ path, oid })), odd });
}
