/** What git is merging in a work tree: the commits of both sides, and the one that they come from. */
import { findMergeBase } from 'isomorphic-git';
import { parseCommit } from './commit.ts';
import { type NamedCommit, resolveCommit } from './named-commit.ts';
import type { SourceFileSystem } from './source.ts';
import { SourceError } from './source-error.ts';

/** Names of commits, as `resolveCommit` takes them. */
export interface MergeCommits {
  readonly ours: string;
  readonly theirs: string;
  /** Undefined when the two have no common past. */
  readonly base: string | undefined;
  /** What lies between base and theirs is taken back: theirs is what was before. */
  readonly isBack?: boolean;
}

async function found(fs: SourceFileSystem, top: string, name: string): Promise<NamedCommit | undefined> {
  try {
    return await resolveCommit(fs, top, name);
  } catch (error) {
    if (error instanceof SourceError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/** What `theirs` names, else what git is in the middle of; undefined when it is in the middle of nothing. Throws `SourceError`. */
export async function mergeCommits(
  fs: SourceFileSystem,
  top: string,
  theirs: string | undefined,
): Promise<MergeCommits | undefined> {
  const merged = await found(fs, top, theirs ?? 'MERGE_HEAD');
  if (merged !== undefined) return { ours: 'HEAD', theirs: merged.oid, base: await baseOf(fs, top, merged) };
  if (theirs !== undefined) throw new SourceError('NOT_FOUND', `${top} has no commit ${JSON.stringify(theirs)}`);
  // A commit that is taken over, or back, alone: what it changed is what lies between it and its parent.
  for (const [name, isBack] of [
    ['CHERRY_PICK_HEAD', false],
    ['REBASE_HEAD', false],
    ['REVERT_HEAD', true],
  ] as const) {
    const picked = await found(fs, top, name);
    if (picked === undefined) continue;
    const { parents } = parseCommit(picked.oid, await picked.repository.readObject(picked.oid, 'commit'));
    const [after, before] = isBack ? [parents[0], picked.oid] : [picked.oid, parents[0]];
    if (after !== undefined) return { ours: 'HEAD', theirs: after, base: before, isBack };
  }
  return undefined;
}

async function baseOf(
  fs: SourceFileSystem,
  top: string,
  { repository, oid }: NamedCommit,
): Promise<string | undefined> {
  const ours = await resolveCommit(fs, top, 'HEAD');
  const gitdir = repository.gitDirectory;
  const [base] = (await findMergeBase({ fs, dir: gitdir, gitdir, oids: [ours.oid, oid] })) as string[];
  return base;
}
