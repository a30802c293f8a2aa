import { stringify } from 'yaml';
import type { StatusDocument } from '../../schemas/generated/types.ts';
import { type Command, type CommandContext, CommandError, type OptionSpec } from '../command.ts';
import { fetchEveryDevice, fetchStatus } from '../controller-client.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { deviceStory } from '../render/device-story.ts';
import { span } from '../render/quantities.ts';
import { statusScreen } from '../render/status-screen.ts';
import { cutTo, type Style, styleFor, wrap } from '../render/style.ts';
import { settingsOption } from '../settings.ts';
import { checkSelector, exitCodeOf, parseTarget, type Target, targetText } from '../status-target.ts';

type Format = 'text' | 'wide' | 'json' | 'yaml';

const refreshMs = 1_000;

/** How the status is asked for and shown. */
interface Wanted {
  readonly target?: Target;
  readonly selector?: string;
  readonly format: Format;
  readonly worstFirst?: boolean;
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
function look(context: CommandContext, { target, selector, format }: Wanted): Promise<StatusDocument> {
  const question = {
    ...(target === undefined ? {} : { target: targetText(target) }),
    ...(selector === undefined ? {} : { selector }),
  };
  return format === 'text' ? fetchStatus(context, question) : fetchEveryDevice(context, question);
}

/** The lines that a window has room for; the last says how many it has not. */
function linesFor(text: string, rows: number, style: Style): string[] {
  const lines = text.trimEnd().split('\n');
  const room = Math.max(1, rows - 1);
  if (lines.length <= room) return lines;
  const hidden = lines.length - room + 1;
  return [...lines.slice(0, room - 1), style('dim', `… ${hidden} more lines than this window has room for`)];
}

/** Draws over what was drawn before; what is longer than the window is cut, so that it never scrolls. */
function redraw(context: CommandContext, text: string, linesBefore: number, rows: number): number {
  const lines = linesFor(text, rows, styleFor(context.color));
  const up = linesBefore === 0 ? '' : `\u001b[${linesBefore}A`;
  const width = context.stdout.columns();
  const body = lines.map((line) => `\r${cutTo(line, width)}\u001b[K\n`).join('');
  context.stdout.write(`${up}${body}\u001b[J`);
  return lines.length;
}

/** An answer of the controller, and when it came on the monotonic clock. */
interface Answer {
  readonly status: StatusDocument;
  readonly atMs: number;
}

/** Why there is no answer, over what the last one said: without colours, for all of it is memory. */
function renderWithout(last: Answer | undefined, error: CommandError, wanted: Wanted, context: CommandContext): string {
  const style = styleFor(context.color);
  const complaint = style('yellow', wrap(`fleet: ${error.message}`, context.stdout.columns()));
  if (last === undefined) return `${complaint}\n`;
  const memory = render(last.status, wanted, { ...context, color: false }).split('\n');
  const old = span(context.clock.monotonic() - last.atMs);
  return `${complaint}\nWhat it said ${old} ago:\n\n${memory.map((line) => style('dim', line)).join('\n')}`;
}

/** Redraws until the user stops it. An unreachable controller is shown, not fatal: it may come back. */
export async function watchStatus(context: CommandContext, asked: Wanted, footer = () => ''): Promise<ExitCode> {
  const wanted = { ...asked, worstFirst: true };
  let lines = 0;
  let width = context.stdout.columns();
  let code: ExitCode = exitCodes.ok;
  let text = '';
  let last: Answer | undefined;
  context.stdout.write('\u001b[?25l');
  try {
    while (!context.signal.aborted) {
      try {
        last = { status: await look(context, wanted), atMs: context.clock.monotonic() };
        code = exitCodeOf(last.status);
        text = render(last.status, wanted, context);
      } catch (error) {
        if (context.signal.aborted) break;
        if (!(error instanceof CommandError)) throw error;
        code = error.exitCode;
        text = renderWithout(last, error, wanted, context);
      }
      if (context.stdout.columns() !== width) {
        // The terminal has broken the old lines anew: nobody knows how many there are.
        width = context.stdout.columns();
        lines = 0;
        context.stdout.write('\u001b[H\u001b[2J');
      }
      lines = redraw(context, text + footer(), lines, context.stdout.rows());
      await context.clock.sleep(refreshMs, context.signal).catch(() => {});
    }
  } finally {
    context.stdout.write('\u001b[?25h');
  }
  return code;
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
    watch: { type: 'boolean', short: 'w', description: 'On a terminal, keep drawing until Ctrl-C.' },
    ...settingsOption('cli', 'controller=https://HOST:7443'),
  },
  async run(context, { positionals, values, flags }) {
    if (positionals.length > 1) throw new CommandError('status takes one target at most', exitCodes.usage);
    const wanted: Wanted = {
      format: formatOf(values.output),
      ...(positionals[0] === undefined ? {} : { target: parseTarget(positionals[0]) }),
      ...(values.selector === undefined ? {} : { selector: checkSelector(values.selector) }),
    };
    if (flags.has('watch') && context.stdout.isTerminal) return watchStatus(context, wanted);
    const status = await look(context, wanted);
    context.stdout.write(render(status, wanted, context));
    return exitCodeOf(status);
  },
};
