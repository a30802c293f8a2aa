/** Whose rollout a command is about, and what a rollout says to a script. */
import { printableDeep } from '../platform/printable.ts';
import type { RolloutState, StatusDocument } from '../schemas/generated/types.ts';
import { CommandError, type OptionSpec } from './command.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { type RollingFleet, rollingFleets } from './render/rollout-screen.ts';

/** The fleet that `ships`, `fleet/ships` or `rollout/ships` means. Throws `CommandError`. */
export function parseFleet(text: string): string {
  const [, name] = /^(?:(?:fleet|rollout)\/)?([a-z0-9][-a-z0-9]*)$/.exec(text) ?? [];
  if (name !== undefined) return name;
  throw new CommandError(
    `${JSON.stringify(text)} is no fleet: write its name, as fleet status shows it`,
    exitCodes.usage,
  );
}

/** The rollout of a fleet that was asked for by its name. Throws `CommandError` where its changes go to all devices at once. */
export function rolloutOf({ fleets }: StatusDocument, name: string): RollingFleet {
  const fleet = rollingFleets(fleets).find((one) => one.name === name);
  if (fleet !== undefined) return printableDeep(fleet);
  const what = `fleet ${name} has no rollout: its changes go to all its devices at once`;
  throw new CommandError(`${what}; spec.rollout in its manifest gives it waves`);
}

const codes: Readonly<Record<RolloutState, ExitCode>> = {
  halted: exitCodes.halted,
  reverting: exitCodes.halted,
  paused: exitCodes.progressing,
  running: exitCodes.progressing,
  done: exitCodes.ok,
};

/** What a rollout says to a script. */
export function rolloutExitCode({ rollout }: RollingFleet): ExitCode {
  return codes[rollout.state];
}

/** The one FLEET that a command takes. Throws `CommandError`. */
export function fleetArgument(command: string, [text, ...rest]: readonly string[]): string {
  if (text === undefined || rest.length > 0) throw new CommandError(`${command} takes one FLEET`, exitCodes.usage);
  return parseFleet(text);
}

/** `shape` is a definition of the schema of the status, and what is done with it. */
export function jsonOption(shape: string): OptionSpec {
  const description = `As JSON: ${shape} in schemas/status.schema.json.`;
  return { type: 'string', short: 'o', value: 'json', description };
}

/** Whether `-o json` was said. Throws `CommandError` at another form. */
export function wantsJson({ output }: Readonly<Record<string, string>>): boolean {
  if (output !== undefined && output !== 'json') throw new CommandError(`-o ${output}: there is json`, exitCodes.usage);
  return output === 'json';
}
