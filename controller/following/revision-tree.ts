/** The files of a revision, from those of the one before it and what differs. */
import { emptyTree, type FleetTree } from '../manifests/fleet-tree.ts';
import { isUnreadName } from '../manifests/passed-over.ts';
import { hashedRows } from '../manifests/persistent-map.ts';
import { forEachInSteps, type Steps } from '../manifests/steps.ts';
import { isTrustFile } from '../publishing/trust-files.ts';
import type { BlobChange, OddChange, TreeChanges } from '../source/source.ts';

/** The tree that changes lead to. */
export function* changedTree(before: FleetTree, changes: TreeChanges): Steps<FleetTree> {
  const [trustFiles, unread, odd] = [new Map(before.trustFiles), new Set(before.unread), new Map(before.odd)];
  yield* forEachInSteps(changes.files, ({ path, oid }) => {
    if (isTrustFile(path)) oid === undefined ? trustFiles.delete(path) : trustFiles.set(path, oid);
    if (isUnreadName(path)) oid === undefined ? unread.delete(path) : unread.add(path);
  });
  for (const { path, kind } of changes.odd) kind === undefined ? odd.delete(path) : odd.set(path, kind);
  return { files: yield* filesAfter(before.files, changes.files), trustFiles, unread, odd };
}

/** A first tree has what changes, and nobody looks at most of it. */
function* filesAfter(before: FleetTree['files'], changes: readonly BlobChange[]): Steps<FleetTree['files']> {
  const paths = changes.map(({ path }) => path);
  if (before.size === 0)
    return before.withRows(yield* hashedRows({ keys: paths, valueAt: (row) => changes[row]!.oid! }));
  return yield* before.withChanges(changes.map(({ path, oid }) => [path, oid] as const));
}

/** What differs between two trees whose every entry is known. */
export function* changesBetween(before: FleetTree, after: FleetTree): Steps<TreeChanges> {
  const files: BlobChange[] = [];
  yield* forEachInSteps(after.files, ([path, oid]) => {
    if (before.files.get(path) !== oid) files.push({ path, oid });
  });
  yield* forEachInSteps(before.files.keys(), (path) => {
    if (!after.files.has(path)) files.push({ path });
  });
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
