/** Tables as Kubernetes prints them: upper-case heads, two spaces between columns, no lines. */
import { cutMiddle, cutTo, widthOf } from './style.ts';

/** `drop` says which columns a narrow screen goes without: the lowest number first; those without a number, and those that are only a head, stay. */
export interface Column {
  readonly head: string;
  readonly drop?: number;
}

const gap = 2;

/** What the last column, which is cut at its end, should at least have. */
const lastWidthMin = 32;

/** Of the screen, what names in the first column may take: a long one is cut in its middle before the last column says nothing. */
const firstShareMax = 0.4;
const firstWidthMin = 12;

/** The columns that are shown, as indices. */
function fitting(heads: readonly Column[], widths: readonly number[], columns: number): readonly number[] {
  let shown = heads.map((_, at) => at);
  const last = heads.length - 1;
  const needed = (): number =>
    shown.reduce((sum, at) => sum + (at === last ? Math.min(widths[at]!, lastWidthMin) : widths[at]!) + gap, -gap);
  const droppable = heads
    .flatMap(({ drop }, at) => (drop === undefined ? [] : [{ drop, at }]))
    .sort((a, b) => a.drop - b.drop);
  for (const { at: dropped } of droppable) {
    if (needed() <= columns) break;
    shown = shown.filter((at) => at !== dropped);
  }
  return shown;
}

/** Rows under heads, each column as wide as it needs; lines are cut at `columns`. A table without rows is empty. */
export function table(
  columnsOrHeads: readonly (Column | string)[],
  rows: readonly (readonly string[])[],
  columns: number,
): string {
  if (rows.length === 0) return '';
  const heads = columnsOrHeads.map((column) => (typeof column === 'string' ? { head: column } : column));
  const firstWidth = Math.max(firstWidthMin, Math.floor(columns * firstShareMax));
  const cut = ([first = '', ...rest]: readonly string[]) => [
    heads.length > 1 ? cutMiddle(first, firstWidth) : first,
    ...rest,
  ];
  const lines = [heads.map(({ head }) => head), ...rows.map(cut)];
  const widths = heads.map((_, at) => Math.max(...lines.map((cells) => widthOf(cells[at] ?? ''))));
  const shown = fitting(heads, widths, columns);
  return lines
    .map((cells) => {
      const padded = shown.map((at) => {
        const cell = cells[at] ?? '';
        return at === shown.at(-1) ? cell : cell + ' '.repeat(widths[at]! - widthOf(cell));
      });
      return `${cutTo(padded.join(' '.repeat(gap)).trimEnd(), columns)}\n`;
    })
    .join('');
}
