import { stringify } from 'yaml';
import type { StatusDocument } from '../../schemas/generated/types.ts';
import { type Command, type CommandContext, CommandError, type OptionSpec } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { fetchEveryDevice, fetchStatus } from '../fetch-status.ts';
import { deviceStory } from '../render/device-story.ts';
import { statusScreen } from '../render/status-screen.ts';
import { styleFor } from '../render/style.ts';
import { settingsOption } from '../settings.ts';
import { checkSelector, exitCodeOf, parseTarget, type Target, targetText } from '../status-target.ts';
import { watchScreen } from '../watch-screen.ts';

type Format = 'text' | 'wide' | 'json' | 'yaml';

/** How the status is asked for and shown. */
interface Wanted {
  readonly target?: Target;
  readonly selector?: string;
  readonly filter?: Readonly<Record<string, string>>;
  readonly format: Format;
  readonly worstFirst?: boolean;
  /** With what the controller keeps. */
  readonly withRows?: true;
}

export const outputOption: OptionSpec = {
  type: 'string',
  short: 'o',
  value: 'json|yaml|wide',
  description: 'Another form; json and yaml follow schemas/status.schema.json.',
};

function formatOf(text: string | undefined): Format {
  if (text === undefined) return 'text';
  if (text === 'json' || text === 'yaml' || text === 'wide') return text;
  throw new CommandError(`-o ${text}: there is json, yaml and wide`, exitCodes.usage);
}

function render(status: StatusDocument, wanted: Wanted, context: CommandContext): string {
  const { target, format, worstFirst = false } = wanted;
  if (format === 'json') return `${JSON.stringify(status, undefined, 2)}\n`;
  if (format === 'yaml') return stringify(status);
  const style = styleFor(context.color);
  const device = status.devices[0];
  const isCut = context.stdout.isTerminal && format !== 'wide';
  const columns = isCut ? context.stdout.columns() : Number.POSITIVE_INFINITY;
  if (target?.kind === 'device' && device !== undefined) return deviceStory(device, status, style, columns);
  return statusScreen(status, { columns, style, wide: format === 'wide', worstFirst });
}

/** The screen shows what deserves attention; every other form is for who wants to see all. */
function look(
  context: CommandContext,
  { target, selector, filter, format, withRows }: Wanted,
): Promise<StatusDocument> {
  const question = {
    ...(filter && { filter }),
    ...(withRows && { withRows }),
    ...(target === undefined ? {} : { target: targetText(target) }),
    ...(selector === undefined ? {} : { selector }),
  };
  return format === 'text' ? fetchStatus(context, question) : fetchEveryDevice(context, question);
}

/** Redraws until the user stops it. */
export function watchStatus(context: CommandContext, asked: Wanted, footer = () => ''): Promise<ExitCode> {
  const wanted = { ...asked, worstFirst: true };
  const watched = {
    look: () => look(context, wanted),
    render: (status: StatusDocument, on: CommandContext) => render(status, wanted, on),
    exitCodeOf,
  };
  return watchScreen(context, watched, footer);
}

/** What devices are looked for by; the controller refuses what makes no sense. */
function filterOf(
  values: Readonly<Record<string, string | undefined>>,
  isHeld: boolean,
): NonNullable<Wanted['filter']> {
  const { state, text, release } = values;
  return {
    ...(state !== undefined && { state }),
    ...(text !== undefined && { text }),
    ...(release !== undefined && { release }),
    ...(isHeld && { held: 'true' }),
  };
}

export const statusCommand: Command = {
  name: 'status',
  summary: 'what runs where, and how old that knowledge is',
  arguments: '[fleet/NAME | site/NAME | device/NAME]',
  options: {
    output: outputOption,
    selector: {
      type: 'string',
      short: 'l',
      value: 'SELECTOR',
      description: 'Only devices with these labels: a=b,c!=d,e.',
    },
    state: {
      type: 'string',
      value: 'STATE[,STATE]',
      description: 'Only devices that are so: failed, dark, unknown, progressing, running, removed.',
    },
    text: { type: 'string', value: 'TEXT', description: 'Only devices with this in name, fleet, site or a label.' },
    release: { type: 'string', value: 'NAME/VERSION', description: 'Only devices that reported to run this.' },
    held: { type: 'boolean', description: 'Only devices that their manifests hold now.' },
    rows: {
      type: 'boolean',
      description: 'With -o json, also what the controller itself goes by: fleet simulate --status goes on from there.',
    },
    watch: { type: 'boolean', short: 'w', description: 'On a terminal, keep drawing until Ctrl-C.' },
    ...settingsOption('cli', 'controller=https://HOST:7443'),
  },
  async run(context, { positionals, values, flags }) {
    if (positionals.length > 1) throw new CommandError('status takes one target at most', exitCodes.usage);
    const wanted: Wanted = {
      format: formatOf(values.output),
      filter: filterOf(values, flags.has('held')),
      ...(positionals[0] === undefined ? {} : { target: parseTarget(positionals[0]) }),
      ...(values.selector === undefined ? {} : { selector: checkSelector(values.selector) }),
      ...(flags.has('rows') && { withRows: true }),
    };
    if (wanted.withRows && wanted.format !== 'json')
      throw new CommandError('--rows: they are for programs; write -o json too', exitCodes.usage);
    if (flags.has('watch') && context.stdout.isTerminal) return watchStatus(context, wanted);
    const status = await look(context, wanted);
    context.stdout.write(render(status, wanted, context));
    return exitCodeOf(status);
  },
};
