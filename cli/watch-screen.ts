/** A status that is drawn again and again in its window, until the user stops it. */
import type { StatusDocument } from '../schemas/generated/types.ts';
import { type CommandContext, CommandError } from './command.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { span } from './render/quantities.ts';
import { cutTo, type Style, styleFor, wrap } from './render/style.ts';

const refreshMs = 1_000;

/** What is asked for again and again, and how an answer is shown. */
export interface Watched {
  readonly look: () => Promise<StatusDocument>;
  readonly render: (status: StatusDocument, context: CommandContext) => string;
  readonly exitCodeOf: (status: StatusDocument) => ExitCode;
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
function renderWithout(last: Answer | undefined, error: CommandError, watched: Watched, context: CommandContext) {
  const style = styleFor(context.color);
  const complaint = style('yellow', wrap(`fleet: ${error.message}`, context.stdout.columns()));
  if (last === undefined) return `${complaint}\n`;
  const memory = watched.render(last.status, { ...context, color: false }).split('\n');
  const old = span(context.clock.monotonic() - last.atMs);
  return `${complaint}\nWhat it said ${old} ago:\n\n${memory.map((line) => style('dim', line)).join('\n')}`;
}

/** Redraws until the user stops it. An unreachable controller is shown, not fatal: it may come back. */
export async function watchScreen(context: CommandContext, watched: Watched, footer = () => ''): Promise<ExitCode> {
  let lines = 0;
  let width = context.stdout.columns();
  let code: ExitCode = exitCodes.ok;
  let text = '';
  let last: Answer | undefined;
  context.stdout.write('\u001b[?25l');
  try {
    while (!context.signal.aborted) {
      try {
        const status = await watched.look();
        code = watched.exitCodeOf(status);
        text = watched.render(status, context);
        last = { status, atMs: context.clock.monotonic() };
      } catch (error) {
        if (context.signal.aborted) break;
        if (!(error instanceof CommandError)) throw error;
        code = error.exitCode;
        text = renderWithout(last, error, watched, context);
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
