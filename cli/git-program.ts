/** The git program, asked about a checkout: nothing that lies in it is run. */
import type { ProgramResult } from '../platform/ports.ts';
import type { CommandContext } from './command.ts';

const quiet = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null'];

/** Its surroundings lead it nowhere else. */
const environment = { GIT_DIR: undefined, GIT_WORK_TREE: undefined, GIT_NO_LAZY_FETCH: '1', LC_ALL: 'C' };

/** Runs it in a directory. Where there is no git, or no repository, the result has another code than 0. */
export function askGit(
  { programs, signal }: CommandContext,
  directory: string,
  args: readonly string[],
  { outputBytesMax, input }: { readonly outputBytesMax: number; readonly input?: string },
): Promise<ProgramResult> {
  const more = input === undefined ? {} : { input: new TextEncoder().encode(input) };
  return programs.run('git', ['-C', directory, ...quiet, ...args], { ...more, environment, outputBytesMax, signal });
}
