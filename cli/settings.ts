/** `--set KEY=VALUE`: a key of the configuration's section that a command reads, from the command line. */
import { CommandError, type OptionSpec, type ParsedArguments } from './command.ts';
import { exitCodes } from './exit-codes.ts';

/** The options of every command that reads a section of the configuration. */
export function settingsOption(section: string, example: string): Readonly<Record<string, OptionSpec>> {
  const here = section === 'cli' ? '' : 'fleet.config.yaml here, ';
  return {
    config: {
      type: 'string',
      value: 'FILE',
      description: `The configuration (default: FLEET_CONFIG, ${here}~/.config/fleet/fleet.config.yaml, /etc/fleet).`,
    },
    set: {
      type: 'string',
      multiple: true,
      value: 'KEY=VALUE',
      description: `Overrides a key of the configuration's section ${section}: --set ${example}.`,
    },
  };
}

/** What was set, by dotted key. Throws `CommandError` with exit code 2. */
export function settingsOf({ lists }: ParsedArguments): Readonly<Record<string, string>> {
  const pairs = (lists.set ?? []).map((pair): [string, string] => {
    const [, key, value] = /^([\w.]+)=(.*)$/s.exec(pair) ?? [];
    if (key === undefined) throw new CommandError(`--set ${pair}: write KEY=VALUE`, exitCodes.usage);
    return [key, value!];
  });
  return Object.fromEntries(pairs);
}
