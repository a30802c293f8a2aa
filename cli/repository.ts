/** The fleet repository that a command works on: the one around the working directory, or the one that `-C` names. */
import { AuthoringError } from '../controller/publishing/authoring/authoring-error.ts';
import type { WorkTree } from '../controller/publishing/authoring/work-tree.ts';
import { type CommandContext, CommandError, type OptionSpec, type ParsedArguments } from './command.ts';

export const repositoryOption: Readonly<Record<string, OptionSpec>> = {
  repository: { type: 'string', short: 'C', value: 'DIR', description: 'The fleet repository, unless it is here.' },
};

/** A path of the command line, absolute. */
export function absolutePath(context: CommandContext, path: string): string {
  const absolute = path.startsWith('/') ? path : `${context.directory}/${path}`;
  return absolute.length > 1 ? absolute.replace(/\/+$/, '') : absolute;
}

/**
 * The work tree: the directory of `-C`, else the nearest one upwards that holds `.git` or `trust`. `another` is how the
 * command takes another directory.
 */
export function repositoryOf(context: CommandContext, { values }: ParsedArguments, another = '-C DIR'): WorkTree {
  const { disk } = context;
  if (values.repository !== undefined) return { disk, directory: absolutePath(context, values.repository) };
  for (
    let directory = context.directory;
    directory !== '';
    directory = directory.slice(0, directory.lastIndexOf('/'))
  ) {
    if (disk.stat(`${directory}/.git`) !== undefined || disk.stat(`${directory}/trust`) !== undefined) {
      return { disk, directory };
    }
  }
  throw new CommandError(`${context.directory} is not in a fleet repository; go there or name it: ${another}`);
}

/** Runs what changes or reads a repository; what it refuses becomes a line for the user. */
export function authored<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof AuthoringError) throw new CommandError(`${error.message} (${error.code})`);
    throw error;
  }
}
