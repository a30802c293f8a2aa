/** What a command is, and what it is given: the world as ports, and the screen. */
import { parseArgs } from 'node:util';
import type { FormMakers } from '../controller/publishing/fetch-price.ts';
import type { SourceFileSystem } from '../controller/source/source.ts';
import type { Clock, Disk, LineDoors, Network, Processes, Programs, Random, Threads } from '../platform/ports.ts';
import type { Section, Sections } from '../schemas/configuration.ts';
import { nearestName } from '../schemas/nearest-name.ts';
import type { DemoPorts } from './demo/demo-ports.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';

/** A stream of the terminal, or a file or pipe in its place. */
export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Width in characters; asked for at every drawing, because windows change. */
  readonly columns: () => number;
  /** Height in lines. */
  readonly rows: () => number;
}

/** Where lines are cut: a file or a pipe takes them whole. */
export function cutWidth(output: Output): number {
  return output.isTerminal ? output.columns() : Number.POSITIVE_INFINITY;
}

/** Certificates and keys of an HTTPS client, as PEM texts. */
export interface ClientIdentity {
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
}

export interface CommandContext {
  readonly clock: Clock;
  readonly disk: Disk;
  /** The file system as the git library wants it. */
  readonly gitFiles: SourceFileSystem;
  readonly random: Random;
  readonly processes: Processes;
  readonly programs: Programs;
  readonly threads: Threads;
  /** How the forms of a module are made whose cost a plan tells. */
  readonly loadFormMakers: () => Promise<FormMakers>;
  /** Whether a process holds the lock of that name on a directory that exists. */
  readonly isLocked: (directory: string, name: string) => boolean;
  readonly openNetwork: (identity: ClientIdentity) => Network;
  readonly doors: Pick<LineDoors, 'ask'>;
  /** The standard input whole, or so much of its beginning that it is seen to have more than `bytesMax`. */
  readonly readInput: (bytesMax: number) => Promise<Uint8Array>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Whether colours are wanted on stdout. */
  readonly color: boolean;
  /** Who runs this, as the operating system says; undefined where it knows no name. */
  readonly userName: () => string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute path of the working directory. */
  readonly directory: string;
  /** Absolute path of this project. */
  readonly projectDirectory: string;
  /** `flags` are the keys that the command line sets, `file` the configuration it names. */
  readonly loadConfiguration: <S extends Section>(
    section: S,
    directory: string,
    flags?: Readonly<Record<string, string>>,
    file?: string,
  ) => Promise<{ readonly value: Sections[S]; readonly file?: string }>;
  readonly demo: DemoPorts;
  /** Aborts when the user wants to stop. */
  readonly signal: AbortSignal;
}

/** An option as `--name` and perhaps `-n`. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
  readonly description: string;
  /** What stands for the value in help. */
  readonly value?: string;
}

export interface ParsedArguments {
  readonly positionals: readonly string[];
  readonly flags: ReadonlySet<string>;
  readonly values: Readonly<Record<string, string>>;
  readonly lists: Readonly<Record<string, readonly string[]>>;
}

export interface Command {
  /** Words after `fleet`, such as `release add`. */
  readonly name: string;
  readonly summary: string;
  /** Positional arguments as help shows them, such as `FILE [DIR]`. */
  readonly arguments: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly run: (context: CommandContext, args: ParsedArguments) => Promise<ExitCode>;
}

/** Ends a command with one line for the user: what was tried, which rule failed, what to do next. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode = exitCodes.failed) {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}

/** Options that every command has. */
export const commonOptions: Readonly<Record<string, OptionSpec>> = {
  help: { type: 'boolean', short: 'h', description: 'Show this help.' },
  'no-color': { type: 'boolean', description: 'No colours; so does the variable NO_COLOR.' },
};

function argumentFault(error: unknown, options: readonly string[], takesWordsOfOthers: boolean): string {
  const text = error instanceof Error ? error.message : String(error);
  const [, dashes, name] = /^Unknown option '(-{1,2})([^']*)'/.exec(text) ?? [];
  if (name === undefined) return text;
  const nearest = nearestName(name, options);
  const hints = [
    ...(nearest === undefined ? [] : [`did you mean --${nearest}?`]),
    ...(takesWordsOfOthers ? ["the program's own options come behind --"] : []),
  ];
  return [`there is no option ${dashes}${name}`, ...hints].join('; ');
}

/** Reads a command's arguments. Throws `CommandError` with exit code 2. */
export function parseCommandArguments(command: Command, args: readonly string[]): ParsedArguments {
  const options = Object.fromEntries(
    Object.entries({ ...command.options, ...commonOptions }).map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short === undefined ? {} : { short }), ...(multiple === undefined ? {} : { multiple }) },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    if (command.arguments === '' && positionals.length > 0)
      throw new Error(`${command.name} takes options only, not ${JSON.stringify(positionals[0])}`);
    const entries = Object.entries(values);
    return {
      positionals,
      flags: new Set(entries.flatMap(([name, value]) => (value === true ? [name] : []))),
      values: Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
      lists: Object.fromEntries(
        entries.flatMap(([name, value]) => (Array.isArray(value) ? [[name, value.map(String)]] : [])),
      ),
    };
  } catch (error) {
    const message = argumentFault(error, Object.keys(options), command.arguments.includes('-- '));
    throw new CommandError(`${message}\nTry: fleet ${command.name} --help`, exitCodes.usage);
  }
}
