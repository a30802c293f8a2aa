/** Commits of a checkout by whatever name git knows them by. */
import { runOffline } from '../controller/source/git-program.ts';
import { objectBounds } from '../controller/source/object-bounds.ts';
import { askingFor, printedId, printedObject } from '../controller/source/printed-objects.ts';
import type { CommandContext } from './command.ts';
import type { FleetRepository } from './fleet-repository.ts';

type NamingContext = Pick<CommandContext, 'programs' | 'gitFiles' | 'signal'>;
type Named = Pick<FleetRepository, 'top' | 'git'>;

/** Whom a name means is almost always read next: it comes with the answer, and is remembered. */
async function idByGit({ programs, signal }: NamingContext, { top, git }: Named, name: string) {
  // Each line is a question of its own.
  if (name.includes('\n')) return undefined;
  const options = { input: askingFor([`${name}^{commit}`]), outputBytesMax: objectBounds.objectBytesMax, signal };
  const { code, output } = await runOffline(programs, ['-C', top, 'cat-file', '--batch'], options);
  const id = code === 0 ? printedId(output) : undefined;
  if (id !== undefined) git.remember(id, printedObject(output, id)!);
  return id;
}

/**
 * The id of a commit: as git has it, `HEAD@{upstream}` and `HEAD^2` among its names, else as `resolveCommit`, which needs no git
 * program and says why there is none.
 */
export async function commitNamed(context: NamingContext, repository: Named, name: string): Promise<string> {
  const id = await idByGit(context, repository, name);
  if (id !== undefined) return id;
  const { resolveCommit } = await import('../controller/source/named-commit.ts');
  return (await resolveCommit(context.gitFiles, repository.top, name, repository.git)).oid;
}
