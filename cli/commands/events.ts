import { printableDeep, printableLines } from '../../platform/printable.ts';
import type { DeviceStatus } from '../../schemas/generated/types.ts';
import { type Command, type CommandContext, CommandError } from '../command.ts';
import { fetchDevices, fetchPages } from '../controller-client.ts';
import { exitCodes } from '../exit-codes.ts';
import { followChanges } from '../follow-changes.ts';
import { ownTimeWords } from '../render/own-time.ts';
import { styleFor } from '../render/style.ts';
import { settingsOption } from '../settings.ts';
import { parseTarget, type Target, targetText } from '../status-target.ts';
import { type ToldEvent, ToldEvents } from '../told-events.ts';

const countDefault = 50;
const countMax = 10_000;

/** How events are asked for and shown. */
interface Wanted {
  readonly target?: Target;
  readonly count: number;
  readonly isJson: boolean;
}

function countOf(text: string | undefined): number {
  const count = text === undefined ? countDefault : Number(text);
  if (Number.isSafeInteger(count) && count >= 1 && count <= countMax) return count;
  throw new CommandError(`-n ${text}: write a number from 1 to ${countMax}`, exitCodes.usage);
}

function wantedOf(positionals: readonly string[], values: Readonly<Record<string, string>>): Wanted {
  const [text, ...rest] = positionals;
  if (rest.length > 0) throw new CommandError('events takes one target at most', exitCodes.usage);
  if (values.output !== undefined && values.output !== 'json')
    throw new CommandError(`-o ${values.output}: there is json`, exitCodes.usage);
  return {
    ...{ count: countOf(values.lines), isJson: values.output === 'json' },
    ...(text === undefined ? {} : { target: parseTarget(text.includes('/') ? text : `device/${text}`) }),
  };
}

function show(context: CommandContext, events: readonly ToldEvent[], { isJson }: Wanted): void {
  const style = styleFor(context.color);
  const widest = Math.max(0, ...events.map(({ device }) => device.length));
  const lineOf = (event: ToldEvent): string => {
    if (isJson) return JSON.stringify(event);
    const { device, at, code, message, ...own } = printableDeep(event);
    const line = `${at.slice(0, 19)}Z  ${style('bold', device.padEnd(widest))}  ${message} ${style('dim', code)}`;
    return `${line}${ownTimeWords(own)}`;
  };
  context.stdout.write(events.map((event) => `${lineOf(event)}\n`).join(''));
}

/** By time; those of one device stay as its history has them, however its clock was set. */
function inOrder(events: readonly ToldEvent[]): readonly ToldEvent[] {
  return events.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/** What is new on all devices of the target; of more than `countMax` the newest. */
async function lookAtAll(context: CommandContext, told: ToldEvents, { target }: Wanted): Promise<readonly ToldEvent[]> {
  const question = { ...(target === undefined ? {} : { target: targetText(target) }), withEvents: true } as const;
  let events: readonly ToldEvent[] = [];
  for await (const { devices, asOf } of fetchPages(context, question)) {
    const fresh = devices.flatMap((device) => told.take(device, asOf));
    events = inOrder([...events, ...fresh]).slice(-countMax);
  }
  return events;
}

function isMeant({ name, fleet, site }: DeviceStatus, { target }: Wanted): boolean {
  return target === undefined || { device: name, fleet, site }[target.kind] === target.name;
}

/** What is new on these devices. */
async function lookAt(
  context: CommandContext,
  told: ToldEvents,
  names: ReadonlySet<string>,
  wanted: Wanted,
): Promise<readonly ToldEvent[]> {
  const { target } = wanted;
  const asked = target?.kind === 'device' ? [...names].filter((name) => name === target.name) : [...names];
  const devices = await fetchDevices(context, asked, { withEvents: true });
  // The answers say when they were made, each on its own: what is shown by it is when this machine learned of it.
  const asOf = new Date(context.clock.now()).toISOString();
  return inOrder(devices.filter((device) => isMeant(device, wanted)).flatMap((device) => told.take(device, asOf)));
}

async function follow(context: CommandContext, wanted: Wanted): Promise<void> {
  const told = new ToldEvents();
  let countMost = wanted.count;
  await followChanges(
    context,
    async (names) => {
      const events = await (names === undefined
        ? lookAtAll(context, told, wanted)
        : lookAt(context, told, names, wanted));
      show(context, events.slice(-countMost), wanted);
      countMost = countMax;
    },
    ({ message }) => context.stderr.write(`fleet: ${printableLines(message)}; it is tried again\n`),
  );
}

export const eventsCommand: Command = {
  name: 'events',
  summary: 'what happened on devices, newest last',
  arguments: '[device/NAME | site/NAME | fleet/NAME]',
  options: {
    follow: { type: 'boolean', short: 'f', description: 'Go on telling what happens, until Ctrl-C.' },
    lines: { type: 'string', short: 'n', value: '50', description: 'So many at most, the newest (default 50).' },
    output: { type: 'string', short: 'o', value: 'json', description: 'One JSON object a line.' },
    ...settingsOption('cli', 'controller=https://HOST:7443'),
  },
  async run(context, { positionals, values, flags }) {
    const wanted = wantedOf(positionals, values);
    if (flags.has('follow')) await follow(context, wanted);
    else show(context, (await lookAtAll(context, new ToldEvents(), wanted)).slice(-wanted.count), wanted);
    return exitCodes.ok;
  },
};
