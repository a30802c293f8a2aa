/** What a device is asked for from shore: the log of an application, or a diagnosis. The answer comes when its links allow it. */
import { secondsOf } from '../../controller/manifests/duration.ts';
import { printableLines } from '../../platform/printable.ts';
import type { DeviceAnswer, RequestOrder, RequestStatus } from '../../schemas/generated/types.ts';
import { type Command, type CommandContext, CommandError, type OptionSpec, type ParsedArguments } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { minuteOf } from '../render/quantities.ts';
import { fetchRequest, orderRequest, withdrawRequest } from '../request-client.ts';
import { settingsOption } from '../settings.ts';
import { parseTarget } from '../status-target.ts';
import { bounded, whoOf, whoOption } from '../who.ts';

const whyLengthMax = 400;
const whoLengthMax = 64;
/** Somebody looks at the screen meanwhile. */
const lookMs = 1_000;
const timeoutSecondsUsual = 60;

const options: Readonly<Record<string, OptionSpec>> = {
  last: { type: 'boolean', description: 'Ask for nothing: show what it answered last, or that this waits still.' },
  withdraw: { type: 'boolean', description: 'Take back what it was asked for and has not answered.' },
  timeout: {
    type: 'string',
    value: '60s',
    description: 'Wait here for so long; the request stays open when that is over. 60s without it.',
  },
  why: { type: 'string', short: 'm', value: 'TEXT', description: 'Why, for the record.' },
  as: whoOption,
  ...settingsOption('cli', 'controller=https://HOST:7443'),
};

function secondsIn(text: string, option: string): number {
  const seconds = /^\d{1,6}[smhd]$/.test(text) ? secondsOf(text) : 0;
  if (seconds > 0) return seconds;
  throw new CommandError(`${option} ${text}: write 30s, 15m, 2h or 3d`, exitCodes.usage);
}

function deviceOf(text: string | undefined, usage: string): string {
  const target = text === undefined ? undefined : parseTarget(text);
  if (target?.kind === 'device') return target.name;
  throw new CommandError(usage, exitCodes.usage);
}

function orderWords({ ask, application = '' }: Pick<RequestStatus, 'ask' | 'application'>): string {
  return ask === 'logs' ? `the log of ${application}` : 'a diagnosis';
}

/** What was answered goes to stdout, all about it to stderr: it may be piped. */
function show({ stdout, stderr }: CommandContext, { text, lack, isCut }: DeviceAnswer): ExitCode {
  if (lack !== undefined) stderr.write(`${printableLines(lack)}\n`);
  if (isCut === true) stderr.write('only the end of it: more does not travel at once\n');
  stdout.write(printableLines(text));
  return exitCodes.ok;
}

function openWords(device: string, request: RequestStatus): string {
  const { state, at, by, expiresAt } = request;
  const asked = `${device} was asked for ${orderWords(request)} at ${minuteOf(at)} by ${printableLines(by)}`;
  if (state === 'open')
    return `${asked}, and has not answered yet; it may until ${minuteOf(expiresAt)}: --last shows it then, --withdraw takes it back`;
  return state === 'withdrawn' ? `${asked}; that was withdrawn` : `${asked}, and did not answer in time`;
}

async function showLast(context: CommandContext, device: string): Promise<ExitCode> {
  const { request, answer } = await fetchRequest(context, device);
  if (request === undefined) throw new CommandError(`${device} was asked for nothing yet`);
  if (answer !== undefined) return show(context, answer);
  context.stderr.write(`${openWords(device, request)}\n`);
  return request.state === 'open' ? exitCodes.progressing : exitCodes.failed;
}

async function withdraw(context: CommandContext, device: string): Promise<ExitCode> {
  const { request } = await fetchRequest(context, device);
  if (request?.state !== 'open')
    throw new CommandError(`${device} has answered all that it was asked for, or is asked for nothing`);
  await withdrawRequest(context, device, request.id);
  context.stderr.write(`withdrawn: ${device} is not asked for ${orderWords(request)} any more\n`);
  return exitCodes.ok;
}

/** The same thing is not asked for twice: who asks again waits for what is under way. */
async function asked(context: CommandContext, device: string, order: RequestOrder): Promise<RequestStatus> {
  const { request } = await fetchRequest(context, device);
  const isSame = request?.state === 'open' && request.ask === order.ask && request.application === order.application;
  return isSame ? request : orderRequest(context, device, order);
}

async function waitFor(context: CommandContext, device: string, id: string, timeoutMs: number): Promise<ExitCode> {
  const { clock, signal, stderr } = context;
  const endMs = clock.monotonic() + timeoutMs;
  for (;;) {
    const { request, answer } = await fetchRequest(context, device);
    if (request?.id !== id) throw new CommandError(`${device} was asked for something else meanwhile`);
    if (answer !== undefined) return show(context, answer);
    if (request.state !== 'open' || clock.monotonic() >= endMs) {
      stderr.write(`${openWords(device, request)}\n`);
      return request.state === 'open' ? exitCodes.timeout : exitCodes.failed;
    }
    await clock.sleep(lookMs, signal);
  }
}

async function ask(
  context: CommandContext,
  args: ParsedArguments,
  device: string,
  order: RequestOrder,
): Promise<ExitCode> {
  const timeoutMs =
    1000 * (args.values.timeout === undefined ? timeoutSecondsUsual : secondsIn(args.values.timeout, '--timeout'));
  const { id } = await asked(context, device, {
    ...order,
    who: whoOf(context, args).slice(0, whoLengthMax),
    ...(args.values.why === undefined ? {} : { why: bounded(args.values.why, '--why', whyLengthMax) }),
  });
  return waitFor(context, device, id, timeoutMs);
}

/** What asks for nothing, where it is that. */
function withoutAsking(
  context: CommandContext,
  { flags }: ParsedArguments,
  device: string,
): Promise<ExitCode> | undefined {
  if (flags.has('withdraw')) return withdraw(context, device);
  return flags.has('last') ? showLast(context, device) : undefined;
}

export const logsCommand: Command = {
  name: 'logs',
  summary: 'what an application on a device printed, as soon as its links bring it',
  arguments: 'device/NAME [APPLICATION]',
  options: {
    since: { type: 'string', value: '2h', description: 'What it printed lately: for so long.' },
    ...options,
  },
  async run(context, args) {
    const [target, application, ...rest] = args.positionals;
    const usage = 'logs takes device/NAME and the name of an application';
    const device = deviceOf(rest.length > 0 ? undefined : target, usage);
    const done = withoutAsking(context, args, device);
    if (done !== undefined) return done;
    if (application === undefined)
      throw new CommandError(`${usage}; without one, --last or --withdraw`, exitCodes.usage);
    const { since } = args.values;
    const sinceSeconds = since === undefined ? {} : { sinceSeconds: secondsIn(since, '--since') };
    return ask(context, args, device, { ask: 'logs', application, ...sinceSeconds });
  },
};

export const diagnoseCommand: Command = {
  name: 'diagnose',
  summary:
    'what whoever helps has to see of a device, as soon as its links bring it: status, journal, disk, clock, links',
  arguments: 'device/NAME',
  options,
  async run(context, args) {
    const device = deviceOf(
      args.positionals.length === 1 ? args.positionals[0] : undefined,
      'diagnose takes device/NAME',
    );
    return withoutAsking(context, args, device) ?? ask(context, args, device, { ask: 'diagnosis' });
  },
};
