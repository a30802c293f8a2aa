/** Tables as Kubernetes prints them: upper-case heads, two spaces between columns, no lines. */
import { cutTo, widthOf } from './style.ts';

/** Rows under heads, each column as wide as it needs; lines are cut at `columns`. A table without rows is empty. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[], columns: number): string {
  if (rows.length === 0) return '';
  const lines = [heads, ...rows];
  const widths = heads.map((_, at) => Math.max(...lines.map((cells) => widthOf(cells[at] ?? ''))));
  return lines
    .map((cells) => {
      const padded = heads.map((_, at) => {
        const cell = cells[at] ?? '';
        return at === heads.length - 1 ? cell : cell + ' '.repeat(widths[at]! - widthOf(cell));
      });
      return `${cutTo(padded.join('  ').trimEnd(), columns)}\n`;
    })
    .join('');
}
