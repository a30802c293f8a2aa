/** The files of a commit that belong to the fleet: all that its own `.fleetignore` does not put aside. */
import { fleetIgnoreFile, type IsIgnored, ignoreNothing, ignoreTrouble, parseFleetIgnore } from './fleet-ignore.ts';
import type { Repository } from './repository.ts';
import type { TreeChanges } from './source.ts';

interface IgnoreOf {
  /** Blob of the file; absent when the commit has none. */
  readonly oid?: string | undefined;
  readonly isIgnored: IsIgnored;
}

async function ignoreOf(repository: Repository, oid: string | undefined): Promise<IgnoreOf> {
  if (oid === undefined) return { isIgnored: ignoreNothing };
  const bytes = await repository.readObject(oid, 'blob').catch((error: unknown) => {
    throw ignoreTrouble(error);
  });
  return { oid, isIgnored: parseFleetIgnore(bytes) };
}

/** All that is in a commit. */
async function wholeChanges(repository: Repository, to: string): Promise<TreeChanges> {
  const { files, odd } = await repository.changes(undefined, to);
  const { oid, isIgnored } = await ignoreOf(repository, files.find(({ path }) => path === fleetIgnoreFile)?.oid);
  return { files: oid === undefined ? files : files.filter(({ path }) => !isIgnored(path)), odd };
}

/** All files of a commit by path. */
async function filesOf(repository: Repository, commit: string, isIgnored: IsIgnored) {
  const { files } = await repository.changes(undefined, commit);
  return new Map(files.filter(({ path }) => !isIgnored(path)).map(({ path, oid }) => [path, oid!]));
}

/** What differs between two commits, see `Source.changes`; folders that are equal are looked at where `.fleetignore` itself differs. */
export async function fleetChanges(repository: Repository, from: string | undefined, to: string): Promise<TreeChanges> {
  if (from === undefined) return wholeChanges(repository, to);
  const { files, odd } = await repository.changes(from, to);
  const now = await ignoreOf(repository, await repository.blobAt(to, fleetIgnoreFile));
  if (!files.some(({ path }) => path === fleetIgnoreFile))
    return { files: now.oid === undefined ? files : files.filter(({ path }) => !now.isIgnored(path)), odd };
  const old = await ignoreOf(repository, await repository.blobAt(from, fleetIgnoreFile));
  const before = await filesOf(repository, from, old.isIgnored);
  const after = await filesOf(repository, to, now.isIgnored);
  const changed = [...after].filter(([path, oid]) => before.get(path) !== oid).map(([path, oid]) => ({ path, oid }));
  const gone = [...before.keys()].filter((path) => !after.has(path)).map((path) => ({ path }));
  return { files: [...changed, ...gone].sort((left, right) => (left.path < right.path ? -1 : 1)), odd };
}
