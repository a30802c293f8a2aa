/** Commits of a checkout by whatever name git knows them by. */
import { runOffline } from '../controller/source/git-program.ts';
import type { CommandContext } from './command.ts';
import type { FleetRepository } from './fleet-repository.ts';

/** An id and the end of its line. */
const answerBytesMax = 4096;

type NamingContext = Pick<CommandContext, 'programs' | 'gitFiles' | 'signal'>;

async function idByGit({ programs, signal }: NamingContext, top: string, name: string): Promise<string | undefined> {
  const args = ['-C', top, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
  const { code, output } = await runOffline(programs, args, { outputBytesMax: answerBytesMax, signal });
  const id = new TextDecoder().decode(output).trim();
  return code === 0 && /^[0-9a-f]{40}$/.test(id) ? id : undefined;
}

/**
 * The id of a commit: as git has it, `HEAD@{upstream}` and `HEAD^2` among its names, else as `resolveCommit`, which needs no git
 * program and says why there is none.
 */
export async function commitNamed(
  context: NamingContext,
  { top, git }: Pick<FleetRepository, 'top' | 'git'>,
  name: string,
): Promise<string> {
  const id = await idByGit(context, top, name);
  if (id !== undefined) return id;
  const { resolveCommit } = await import('../controller/source/named-commit.ts');
  return (await resolveCommit(context.gitFiles, top, name, git)).oid;
}
