/** Who does something on shore, for the record. */
import { type CommandContext, CommandError, type OptionSpec, type ParsedArguments } from './command.ts';
import { exitCodes } from './exit-codes.ts';

const whoLengthMax = 100;

/** How somebody says who they are. */
export const whoOption: OptionSpec = {
  type: 'string',
  value: 'NAME',
  description: 'Who you are, for the record; $FLEET_USER without it, or else the user who runs this.',
};

/** A text that is kept. Throws `CommandError` where it is longer than that. */
export function bounded(text: string, option: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  throw new CommandError(`${option} has ${text.length} characters, at most ${lengthMax} are kept`, exitCodes.usage);
}

/** What anybody may set in a shell by chance, as $USER, says nothing of who it is. Throws `CommandError` where nothing does. */
export function whoOf({ environment, userName }: CommandContext, { values }: ParsedArguments): string {
  const who = values.as ?? environment.FLEET_USER ?? userName() ?? '';
  if (who === '')
    throw new CommandError('who are you? say so with --as NAME or $FLEET_USER: it is recorded', exitCodes.usage);
  return bounded(who, values.as === undefined ? 'FLEET_USER' : '--as', whoLengthMax);
}
