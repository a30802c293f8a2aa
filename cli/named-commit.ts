/** Commits of a checkout by whatever name: the common ones are read here, the others are git's to tell, where it is installed. */
import { type NamedCommit, resolveCommit } from '../controller/source/named-commit.ts';
import type { Repository } from '../controller/source/repository.ts';
import { SourceError } from '../controller/source/source-error.ts';
import type { CommandContext } from './command.ts';

/** An id and the end of its line. */
const answerBytesMax = 4096;

async function idByGit({ programs, signal }: CommandContext, top: string, name: string): Promise<string | undefined> {
  const args = ['-C', top, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
  const { code, output } = await programs.run('git', args, { outputBytesMax: answerBytesMax, signal });
  const id = new TextDecoder().decode(output).trim();
  return code === 0 && /^[0-9a-f]{40}$/.test(id) ? id : undefined;
}

/** As `resolveCommit`, and `HEAD@{1}`, `HEAD@{upstream}`, `HEAD^2` as git has them. */
export async function commitNamed(
  context: CommandContext,
  top: string,
  name: string,
  opened?: Repository,
): Promise<NamedCommit> {
  try {
    return await resolveCommit(context.gitFiles, top, name, opened);
  } catch (error) {
    if (!(error instanceof SourceError) || error.code !== 'NOT_FOUND') throw error;
    const id = await idByGit(context, top, name);
    if (id === undefined) throw error;
    return resolveCommit(context.gitFiles, top, id, opened);
  }
}
