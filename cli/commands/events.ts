import { printableDeep, printableLines } from '../../platform/printable.ts';
import type { DeviceStatus } from '../../schemas/generated/types.ts';
import { type Command, type CommandContext, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { fetchDevices, fetchFleets, fetchPages } from '../fetch-status.ts';
import { type Changed, followChanges } from '../follow-changes.ts';
import { ownTimeWords } from '../render/own-time.ts';
import { styleFor } from '../render/style.ts';
import { settingsOption } from '../settings.ts';
import { parseTarget, type Target, targetText } from '../status-target.ts';
import { subjectOf, type ToldEvent, ToldEvents } from '../told-events.ts';

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
  const widest = Math.max(0, ...events.map((event) => subjectOf(event).length));
  const lineOf = (event: ToldEvent): string => {
    if (isJson) return JSON.stringify(event);
    const { at, code, message, ...own } = printableDeep(event);
    const subject = style('bold', subjectOf(event).padEnd(widest));
    return `${at.slice(0, 19)}Z  ${subject}  ${message} ${style('dim', code)}${ownTimeWords(own)}`;
  };
  context.stdout.write(events.map((event) => `${lineOf(event)}\n`).join(''));
}

/** By time; those of one device or rollout stay as its history has them, however its clock was set. */
function inOrder(events: readonly ToldEvent[]): readonly ToldEvent[] {
  return events.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

function questionOf({ target }: Wanted) {
  return { ...(target === undefined ? {} : { target: targetText(target) }), withEvents: true } as const;
}

/** A device or site that is asked about is not its fleet. */
function isOfRollouts({ target }: Wanted): boolean {
  return target === undefined || target.kind === 'fleet';
}

/** What is new on all devices of the target, and of their rollouts; of more than `countMax` the newest. */
async function lookAtAll(context: CommandContext, told: ToldEvents, wanted: Wanted): Promise<readonly ToldEvent[]> {
  let events: readonly ToldEvent[] = [];
  for await (const { devices, fleets, asOf } of fetchPages(context, questionOf(wanted))) {
    const ofRollouts = isOfRollouts(wanted) ? fleets.flatMap((fleet) => told.takeRollout(fleet)) : [];
    const fresh = [...ofRollouts, ...devices.flatMap((device) => told.take(device, asOf))];
    events = inOrder([...events, ...fresh]).slice(-countMax);
  }
  return events;
}

/** What is new of rollouts. */
async function lookAtRollouts(
  context: CommandContext,
  told: ToldEvents,
  wanted: Wanted,
): Promise<readonly ToldEvent[]> {
  if (!isOfRollouts(wanted)) return [];
  const { fleets } = await fetchFleets(context, questionOf(wanted));
  return inOrder(fleets.flatMap((fleet) => told.takeRollout(fleet)));
}

function isMeant({ name, fleet, site }: DeviceStatus, { target }: Wanted): boolean {
  return target === undefined || { device: name, fleet, site }[target.kind] === target.name;
}

/** What is new where something changed. */
async function lookAt(
  context: CommandContext,
  told: ToldEvents,
  { devices: names, isBesides }: Changed,
  wanted: Wanted,
): Promise<readonly ToldEvent[]> {
  const { target } = wanted;
  const ofRollouts = isBesides ? await lookAtRollouts(context, told, wanted) : [];
  const asked = target?.kind === 'device' ? [...names].filter((name) => name === target.name) : [...names];
  const devices = await fetchDevices(context, asked, { withEvents: true });
  // The answers say when they were made, each on its own: what is shown by it is when this machine learned of it.
  const asOf = new Date(context.clock.now()).toISOString();
  const ofDevices = devices.filter((device) => isMeant(device, wanted)).flatMap((device) => told.take(device, asOf));
  return inOrder([...ofRollouts, ...ofDevices]);
}

async function follow(context: CommandContext, wanted: Wanted): Promise<void> {
  const told = new ToldEvents();
  let countMost = wanted.count;
  await followChanges(
    context,
    async (changed) => {
      const events = await (changed === undefined
        ? lookAtAll(context, told, wanted)
        : lookAt(context, told, changed, wanted));
      show(context, events.slice(-countMost), wanted);
      countMost = countMax;
    },
    ({ message }) => context.stderr.write(`fleet: ${printableLines(message)}; it is tried again\n`),
  );
}

export const eventsCommand: Command = {
  name: 'events',
  summary: 'what happened on devices and to rollouts, newest last',
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
