import type { StatusDocument } from '../../schemas/generated/types.ts';
import { type Command, type CommandContext, CommandError } from '../command.ts';
import { fetchStatus } from '../controller-client.ts';
import { exitCodes } from '../exit-codes.ts';
import { settingsOption } from '../settings.ts';
import { exitCodeOf, parseTarget, targetText } from '../status-target.ts';

const pollMs = 500;

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `5m`, `2h`, `1d` in milliseconds. */
function durationMs(text: string): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (count === undefined || unit === undefined) {
    throw new CommandError(`--timeout ${text}: write 90s, 5m, 2h or 1d`, exitCodes.usage);
  }
  return Number(count) * units[unit]!;
}

/** What stands in the way of saying that the status has converged; undefined when nothing does. */
export function obstacle(status: StatusDocument, revision: string | undefined): string | undefined {
  const { source, devices } = status;
  const inForce = source.revision?.id;
  if (revision !== undefined && inForce?.startsWith(revision) !== true) {
    return `the revision in force is ${inForce?.slice(0, 7) ?? 'none yet'}, not ${revision.slice(0, 7)} (${source.state})`;
  }
  if (exitCodeOf(status) === exitCodes.ok) return undefined;
  const device = devices.find(({ state }) => state !== 'running' && state !== 'removed');
  if (device === undefined && source.state === 'current') {
    return status.storage === undefined
      ? `the MQTT broker is ${status.broker?.state}`
      : `the controller can't write its state: ${status.storage.message}`;
  }
  if (device === undefined) return `the repository is ${source.state}: ${source.message ?? ''}`;
  const { desired, running } = status.tally;
  const others = desired - running - 1;
  return `${device.name} is ${device.state}: ${device.reason.message}${others > 0 ? `; and ${others} more` : ''}`;
}

async function waitFor(
  context: CommandContext,
  look: () => Promise<StatusDocument>,
  revision: string | undefined,
  timeoutMs: number,
) {
  const end = context.clock.monotonic() + timeoutMs;
  let last = 'the controller did not answer';
  for (;;) {
    try {
      const seen = obstacle(await look(), revision);
      if (seen === undefined) return exitCodes.ok;
      last = seen;
    } catch (error) {
      if (!(error instanceof CommandError) || error.exitCode !== exitCodes.unreachable) throw error;
      last = error.message;
    }
    if (context.clock.monotonic() >= end) throw new CommandError(`gave up waiting: ${last}`, exitCodes.timeout);
    await context.clock.sleep(pollMs, context.signal);
  }
}

export const waitCommand: Command = {
  name: 'wait',
  summary: 'wait until devices have converged',
  arguments: '[fleet/NAME | site/NAME | device/NAME]',
  options: {
    revision: {
      type: 'string',
      short: 'r',
      value: 'COMMIT',
      description: 'Wait for this commit (its id, or the beginning of it), also if it is not read yet.',
    },
    timeout: {
      type: 'string',
      short: 't',
      value: '5m',
      description: 'Give up after this long, with exit code 7 (default 5m).',
    },
    ...settingsOption('cli', 'controller=https://HOST:7443'),
  },
  async run(context, { positionals, values }) {
    if (positionals.length > 1) throw new CommandError('wait takes one target at most', exitCodes.usage);
    const target = positionals[0] === undefined ? undefined : parseTarget(positionals[0]);
    const timeoutMs = durationMs(values.timeout ?? '5m');
    return waitFor(
      context,
      () => fetchStatus(context, target === undefined ? {} : { target: targetText(target) }),
      values.revision,
      timeoutMs,
    );
  },
};
