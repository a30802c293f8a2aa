/** Commits as people name them: `HEAD`, a branch, a tag, an id or the beginning of it, with `~2` or `^` behind. */
import { expandOid, resolveRef } from 'isomorphic-git';
import { parseCommit } from './commit.ts';
import { findGitDirectories } from './git-directories.ts';
import { libraryReading } from './library-reading.ts';
import { Repository } from './repository.ts';
import type { SourceFileSystem } from './source.ts';
import { SourceError } from './source-error.ts';

/** A commit of a repository on this machine. */
export interface NamedCommit {
  readonly repository: Repository;
  readonly oid: string;
}

/** `HEAD~2^` → `HEAD`, 3: only first parents are followed. */
function splitName(name: string): { readonly base: string; readonly generations: number } {
  const steps = /(?:~\d*|\^)*$/.exec(name)?.[0] ?? '';
  const generations = [...steps.matchAll(/~(\d*)|\^/g)].reduce(
    (sum, [step, count]) => sum + (step === '^' || count === '' ? 1 : Number(count)),
    0,
  );
  return { base: name.slice(0, name.length - steps.length) || 'HEAD', generations };
}

/**
 * Throws `SourceError`: `NOT_FOUND` when the repository whose top is `directory` has no such commit, `GONE` when its past is
 * cut off before it, as in a shallow clone. A repository that is open already is used again.
 */
export async function resolveCommit(
  fs: SourceFileSystem,
  directory: string,
  name: string,
  opened?: Repository,
): Promise<NamedCommit> {
  const { own, common } = await findGitDirectories(fs, directory);
  const repository = opened?.gitDirectory === common ? opened : new Repository(libraryReading(fs), common);
  const { base, generations } = splitName(name);
  const attempts = [
    () => resolveRef({ fs, dir: directory, gitdir: own, ref: base }),
    () => resolveRef({ fs, dir: directory, gitdir: common, ref: base }),
    () => expandOid({ fs, dir: directory, gitdir: common, oid: base }),
  ];
  if (name === '') throw new SourceError('NOT_FOUND', `${directory} has no commit ${JSON.stringify(name)}`);
  let oid: string | undefined;
  for (const attempt of attempts) {
    const found = await attempt()
      .then((named) => repository.peeled(named))
      .catch(() => undefined);
    if (found !== undefined && (await repository.has(found))) {
      oid = found;
      break;
    }
  }
  if (oid === undefined) throw new SourceError('NOT_FOUND', `${directory} has no commit ${JSON.stringify(base)}`);
  for (let generation = 0; generation < generations; generation += 1) {
    const parent: string | undefined = parseCommit(oid, await repository.readObject(oid, 'commit')).parents[0];
    if (parent === undefined)
      throw new SourceError('NOT_FOUND', `${name}: ${oid.slice(0, 7)} is the first commit, it has no parent`);
    if (!(await repository.has(parent))) {
      const cut = `${oid.slice(0, 7)} is the oldest commit that is here`;
      throw new SourceError('GONE', `${name}: ${cut}; git fetch --unshallow brings those before it`);
    }
    oid = parent;
  }
  return { repository, oid };
}
