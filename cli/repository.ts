/** The fleet repository that a command works on: the one around the working directory, or the one that `-C` names. */
import { AuthoringError } from '../controller/publishing/authoring/authoring-error.ts';
import type { Announce } from '../controller/publishing/authoring/sign-file.ts';
import type { WorkTree } from '../controller/publishing/authoring/work-tree.ts';
import { rootFile } from '../controller/publishing/trust-files.ts';
import type { Disk } from '../platform/ports.ts';
import { printable } from '../platform/printable.ts';
import { type CommandContext, CommandError, type OptionSpec, type ParsedArguments } from './command.ts';

export const repositoryOption: Readonly<Record<string, OptionSpec>> = {
  repository: { type: 'string', short: 'C', value: 'DIR', description: 'The fleet repository, unless it is here.' },
};

/** A path of the command line, absolute. */
export function absolutePath(context: CommandContext, path: string): string {
  const absolute = path.startsWith('/') ? path : `${context.directory}/${path}`;
  return absolute.length > 1 ? absolute.replace(/\/+$/, '') : absolute;
}

/** Whether a directory is the top of a repository: of git, or at least one with a root of trust. */
function isTop(disk: Disk, directory: string): boolean {
  return disk.stat(`${directory}/.git`) !== undefined || disk.stat(`${directory}/${rootFile(1)}`) !== undefined;
}

/**
 * Where a new repository's trust is made: the directory of `-C`, else the one where the command runs, never one above. Inside of
 * a git repository that is its top, for the controller looks nowhere else.
 */
export function newRepositoryOf(context: CommandContext, { values }: ParsedArguments): WorkTree {
  const { disk } = context;
  const directory = values.repository === undefined ? context.directory : absolutePath(context, values.repository);
  for (let above = parentOf(directory); above !== undefined && !isTop(disk, directory); above = parentOf(above)) {
    if (disk.stat(`${above}/.git`) === undefined) continue;
    throw new CommandError(
      `${directory} is inside of the git repository ${above}, at whose top trust/ belongs: go there, or name it: -C ${above}. No key was made`,
    );
  }
  return { disk, directory };
}

function parentOf(directory: string): string | undefined {
  return directory === '' ? undefined : directory.slice(0, directory.lastIndexOf('/'));
}

/** The work tree around the working directory; undefined where there is none. */
export function repositoryHere({
  disk,
  directory: from,
}: Pick<CommandContext, 'disk' | 'directory'>): WorkTree | undefined {
  for (let directory = from; directory !== ''; directory = parentOf(directory) ?? '')
    if (isTop(disk, directory)) return { disk, directory };
  return undefined;
}

/**
 * The work tree: the directory of `-C`, else the nearest one upwards that is a top. `another` is how the
 * command takes another directory.
 */
export function repositoryOf(context: CommandContext, { values }: ParsedArguments, another = '-C DIR'): WorkTree {
  const { disk } = context;
  if (values.repository !== undefined) return { disk, directory: absolutePath(context, values.repository) };
  const here = repositoryHere(context);
  if (here !== undefined) return here;
  throw new CommandError(`${context.directory} is not in a fleet repository; go there or name it: ${another}`);
}

/** Says on the screen what is about to be signed. */
export function announceOn({ stdout }: CommandContext): Announce {
  return (lines) => stdout.write(`${lines.map(printable).join('\n')}\n`);
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
