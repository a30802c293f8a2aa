/** From the words of a command line to an exit code. */
import { printableLines } from '../platform/printable.ts';
import { nearestName } from '../schemas/nearest-name.ts';
import { type CommandContext, CommandError, type ParsedArguments, parseCommandArguments } from './command.ts';
import { commandTable, findCommand } from './command-table.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { commandHelp, groupHelp, overview } from './help.ts';
import { settingsOf } from './settings.ts';

function unknownCommand(context: CommandContext, words: readonly string[]): ExitCode {
  const line = words.filter((word) => !word.startsWith('-')).join(' ');
  if (words[0]!.startsWith('-')) {
    context.stderr.write(`fleet: the command comes first, before ${words[0]}\nTry: fleet --help\n`);
    return exitCodes.usage;
  }
  const nearest = nearestName(
    line,
    commandTable.map(({ name }) => name),
  );
  const children = commandTable.filter(({ name }) => name.startsWith(`${line} `)).map(({ name }) => `fleet ${name}`);
  const help = children.length > 0 ? `fleet ${line} --help` : 'fleet --help';
  const hint =
    children.length > 0 ? `; there is ${children.join(', ')}` : nearest ? `; did you mean fleet ${nearest}?` : '';
  context.stderr.write(`fleet: there is no command ${JSON.stringify(line)}${hint}\nTry: ${help}\n`);
  return exitCodes.usage;
}

function failure(context: CommandContext, error: unknown): ExitCode {
  if (error instanceof CommandError) {
    context.stderr.write(`fleet: ${printableLines(error.message)}\n`);
    return error.exitCode;
  }
  const known = error instanceof Error ? error : new Error(String(error));
  context.stderr.write(`fleet: ${printableLines(known.message)}\n`);
  if (context.environment.FLEET_DEBUG !== undefined) context.stderr.write(`${printableLines(known.stack ?? '')}\n`);
  return exitCodes.failed;
}

/** The context as the options that many commands share want it. */
function narrowed(context: CommandContext, args: ParsedArguments): CommandContext {
  const flags = settingsOf(args);
  return {
    ...context,
    color: context.color && !args.flags.has('no-color'),
    loadConfiguration: (section, directory) => context.loadConfiguration(section, directory, flags, args.values.config),
  };
}

const helpWords = ['--help', '-h'];

/** What is asked for where the words name no command, but a group of them. */
function helpOfGroup(words: readonly string[]): string | undefined {
  const [first, second] = words;
  if (first === 'help') return words.length === 2 ? groupHelp(second!) : undefined;
  return words.length === 2 && helpWords.includes(second!) ? groupHelp(first!) : undefined;
}

/** Runs one command line. Never throws: whatever goes wrong is said on stderr and in the exit code. */
export async function runCommand(context: CommandContext, words: readonly string[]): Promise<ExitCode> {
  const group = helpOfGroup(words);
  if (group !== undefined) {
    context.stdout.write(group);
    return exitCodes.ok;
  }
  if (words.length === 0 || [...helpWords, 'help'].includes(words[0]!)) {
    const asked = words[0] === 'help' ? findCommand(words.slice(1)) : undefined;
    if (words[0] === 'help' && words.length > 1 && asked === undefined) return unknownCommand(context, words.slice(1));
    context.stdout.write(asked === undefined ? overview() : commandHelp(await asked.entry.load()));
    return exitCodes.ok;
  }
  const found = findCommand(words);
  if (found === undefined) return unknownCommand(context, words);
  try {
    const command = await found.entry.load();
    const args = parseCommandArguments(command, found.rest);
    if (args.flags.has('help')) {
      context.stdout.write(commandHelp(command));
      return exitCodes.ok;
    }
    return await command.run(narrowed(context, args), args);
  } catch (error) {
    return failure(context, error);
  }
}
