/**
 * The programs of this machine, run as the controller runs them: by a process that stays small. A process of many tests is large,
 * and to start hundreds of programs itself would take it longer than all that they do.
 */
import { nodePrograms } from '../../../platform/node/processes.ts';
import { ProgramStarter } from '../../../platform/node/program-starter.ts';
import type { Programs } from '../../../platform/ports.ts';

let starter: ProgramStarter | undefined;

/** Real programs; who starts them is one for all tests of a process, and there once it is needed. */
export const realPrograms: Programs = {
  ...nodePrograms,
  run: (...run) => {
    starter ??= new ProgramStarter();
    return starter.run(...run);
  },
};

/** What git prints when it is run on a repository. */
export async function gitSays(repository: string, ...args: readonly string[]): Promise<string> {
  const { signal } = new AbortController();
  const words = ['-C', repository, ...args];
  const { code, output, complaint } = await realPrograms.run('git', words, { outputBytesMax: 1024 * 1024, signal });
  if (code !== 0) throw new Error(`git ${args.join(' ')} ended with ${code}: ${complaint}`);
  return Buffer.from(output).toString().trim();
}
