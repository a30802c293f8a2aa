import { type ConsentWish, callerOf, consentAboard } from '../../device-agent/command/consent.ts';
import { printableLines } from '../../platform/printable.ts';
import { agentSocket, agentSocketOptions } from '../agent-socket.ts';
import { type Command, type CommandContext, CommandError, type ParsedArguments } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';

const text = (value: string, description: string) => ({ type: 'string', value, description }) as const;

function numberOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^[1-9]\d{0,15}$/.test(value))
    throw new CommandError(`--deployment takes a number, not ${value}`, exitCodes.usage);
  return Number(value);
}

function wishOf({ environment }: CommandContext, { values, flags }: ParsedArguments): ConsentWish {
  const [grants, denies] = [flags.has('grant'), flags.has('deny')];
  if (grants && denies) throw new CommandError('--grant or --deny, not both', exitCodes.usage);
  const by = values.by ?? callerOf(environment);
  const deployment = numberOf(values.deployment);
  return {
    ...(grants || denies ? { answer: grants ? 'granted' : 'denied' } : {}),
    ...(deployment === undefined ? {} : { deployment }),
    ...(by === undefined ? {} : { by }),
    ...(values.reason === undefined ? {} : { reason: values.reason }),
    ...(values.until === undefined ? {} : { until: values.until }),
  };
}

export const agentConsentCommand: Command = {
  name: 'agent consent',
  summary: 'says yes or no to the deployment that waits on this machine',
  arguments: '',
  options: {
    grant: { type: 'boolean', description: 'Yes: it may take the place of what runs.' },
    deny: { type: 'boolean', description: 'No. Without --grant and --deny it is only told what waits.' },
    until: text('TIME', 'Counts no more from then on, such as 2026-12-01T08:00:00Z (default: for this deployment).'),
    reason: text('TEXT', 'Why; it travels to the shore.'),
    by: text('NAME', 'Who says so (default: the user).'),
    deployment: text('N', 'Only if this one waits (default: whichever does).'),
    ...agentSocketOptions,
  },
  async run(context, args) {
    const wish = wishOf(context, args);
    const path = await agentSocket(context, args);
    context.stdout.write(printableLines(await consentAboard(context.doors, path, wish)));
    return exitCodes.ok;
  },
};
