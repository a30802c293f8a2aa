import { printableLines } from '../../platform/printable.ts';
import type { StatusDocument } from '../../schemas/generated/types.ts';
import { type Command, type CommandContext, CommandError, cutWidth } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { fetchFleets } from '../fetch-status.ts';
import { rolloutLine, rolloutScreen } from '../render/rollout-screen.ts';
import { styleFor } from '../render/style.ts';
import { fleetArgument, jsonOption, rolloutExitCode, rolloutOf, wantsJson } from '../rollout-target.ts';
import { settingsOption } from '../settings.ts';
import { watchScreen } from '../watch-screen.ts';

const lookMs = 1_000;

function render(status: StatusDocument, name: string, context: CommandContext): string {
  const { stdout, color } = context;
  const options = { style: styleFor(color), columns: cutWidth(stdout), bars: stdout.isTerminal, asOf: status.asOf };
  return rolloutScreen(rolloutOf(status, name), options);
}

/**
 * A line whenever it is another one, until the rollout is over or halted: for a log. One that is so at the first look is that of a
 * commit before the one that is waited for, whatever becomes of its devices, unless it goes on.
 */
async function follow(context: CommandContext, name: string, look: () => Promise<StatusDocument>): Promise<ExitCode> {
  let told: string | undefined;
  let before: number | undefined;
  for (;;) {
    try {
      const fleet = rolloutOf(await look(), name);
      const line = rolloutLine(fleet);
      const code = rolloutExitCode(fleet);
      const isOver = code !== exitCodes.progressing && fleet.rollout.state !== 'reverting';
      if (line !== told) context.stdout.write(`${line}\n`);
      if (told === undefined && isOver) before = fleet.rollout.number;
      if (!isOver) before = undefined;
      else if (fleet.rollout.number !== before) return code;
      told = line;
    } catch (error) {
      if (context.signal.aborted) return exitCodes.progressing;
      if (!(error instanceof CommandError) || error.exitCode !== exitCodes.unreachable || told === undefined)
        throw error;
      context.stderr.write(`fleet: ${printableLines(error.message)}; it is tried again\n`);
    }
    await context.clock.sleep(lookMs, context.signal).catch(() => {});
    if (context.signal.aborted) return exitCodes.progressing;
  }
}

export const rolloutShowCommand: Command = {
  name: 'rollout show',
  summary:
    'the rollout of a fleet that is under way, or was last, wave by wave, and what happened to it; exits with 3 while it goes on or is paused, with 4 when it is halted or goes back',
  arguments: 'FLEET',
  options: {
    watch: {
      type: 'boolean',
      short: 'w',
      description:
        'On a terminal, keep drawing until Ctrl-C; elsewhere a line for each change, until it comes to its end or halts.',
    },
    output: jsonOption('the fleet with what is RolloutStatus'),
    ...settingsOption('cli', 'controller=https://HOST:7443'),
  },
  async run(context, { positionals, values, flags }) {
    const name = fleetArgument('rollout show', positionals);
    const isJson = wantsJson(values);
    const look = () => fetchFleets(context, { target: `fleet/${name}` });
    if (flags.has('watch')) {
      if (!context.stdout.isTerminal) return follow(context, name, look);
      return watchScreen(context, {
        look,
        render: (status, on) => render(status, name, on),
        exitCodeOf: (status) => rolloutExitCode(rolloutOf(status, name)),
      });
    }
    const status = await look();
    const fleet = rolloutOf(status, name);
    const { stdout } = context;
    stdout.write(
      isJson ? `${JSON.stringify({ fleet: name, ...fleet.rollout }, undefined, 2)}\n` : render(status, name, context),
    );
    return rolloutExitCode(fleet);
  },
};
