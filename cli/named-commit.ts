/** Commits of a checkout by whatever name git knows them by. */
import { objectBounds } from '../controller/source/object-bounds.ts';
import type { CommandContext } from './command.ts';
import type { FleetRepository } from './fleet-repository.ts';

type Named = Pick<FleetRepository, 'top' | 'git' | 'reader'>;

/** Whom a name means is almost always read next: it comes with the answer, and is remembered. */
async function idByGit({ git, reader }: Named, name: string): Promise<string | undefined> {
  // Each line is a question of its own; and no name at all is none.
  if (name === '' || name.includes('\n')) return undefined;
  const commit = await reader.read(`${name}^{commit}`, objectBounds.objectBytesMax);
  if (commit !== undefined) git.remember(commit.oid, commit);
  return commit?.oid;
}

/**
 * The id of a commit: as git has it, `HEAD@{upstream}` and `HEAD^2` among its names, else as `resolveCommit`, which needs no git
 * program and says why there is none.
 */
export async function commitNamed(
  { gitFiles }: Pick<CommandContext, 'gitFiles'>,
  repository: Named,
  name: string,
): Promise<string> {
  const id = await idByGit(repository, name);
  if (id !== undefined) return id;
  const { resolveCommit } = await import('../controller/source/named-commit.ts');
  return (await resolveCommit(gitFiles, repository.top, name, repository.git)).oid;
}
