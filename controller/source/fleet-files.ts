/** The files of a commit that belong to the fleet: all that its own `.fleetignore` does not put aside. */
import { fleetIgnoreFile, type IsIgnored, ignoreNothing, parseFleetIgnore } from './fleet-ignore.ts';
import type { Repository } from './repository.ts';
import type { TreeChanges } from './source.ts';

interface IgnoreOf {
  /** Blob of the file; absent when the commit has none. */
  readonly oid?: string | undefined;
  readonly isIgnored: IsIgnored;
}

async function ignoreOf(repository: Repository, commit: string | undefined): Promise<IgnoreOf> {
  const oid = commit === undefined ? undefined : await repository.blobAt(commit, fleetIgnoreFile);
  if (oid === undefined) return { isIgnored: ignoreNothing };
  return { oid, isIgnored: parseFleetIgnore(await repository.readObject(oid, 'blob')) };
}

/** All files of a commit by path. */
async function filesOf(repository: Repository, commit: string, isIgnored: IsIgnored) {
  const { files } = await repository.changes(undefined, commit);
  return new Map(files.filter(({ path }) => !isIgnored(path)).map(({ path, oid }) => [path, oid!]));
}

/** What differs between two commits, see `Source.changes`; folders that are equal are looked at where `.fleetignore` itself differs. */
export async function fleetChanges(repository: Repository, from: string | undefined, to: string): Promise<TreeChanges> {
  const [old, now] = [await ignoreOf(repository, from), await ignoreOf(repository, to)];
  const { files, odd } = await repository.changes(from, to);
  if (from === undefined || old.oid === now.oid)
    return { files: now.oid === undefined ? files : files.filter(({ path }) => !now.isIgnored(path)), odd };
  const before = await filesOf(repository, from, old.isIgnored);
  const after = await filesOf(repository, to, now.isIgnored);
  const changed = [...after].filter(([path, oid]) => before.get(path) !== oid).map(([path, oid]) => ({ path, oid }));
  const gone = [...before.keys()].filter((path) => !after.has(path)).map((path) => ({ path }));
  return { files: [...changed, ...gone].sort((left, right) => (left.path < right.path ? -1 : 1)), odd };
}
