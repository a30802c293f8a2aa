/**
 * Pieces of Markdown for a comment on a pull request, which shows texts of people who may not be trusted. Such a text stands in a span
 * of code and never at the start of a line: there it is no link, mentions nobody, closes nothing and commands nothing (`/merge`).
 * Pure.
 */
import { printable } from '../../platform/printable.ts';

/** Letters of one text that are shown. */
const lettersMax = 300;

/** What ends a span of code, or a cell of a table with a span in it, looks much the same and ends nothing. */
const lookAlikes: Readonly<Record<string, string>> = { '`': 'ˋ', '|': '¦' };

/** A text of somebody else, as it is; a dash where there is nothing in it. */
export function codeSpan(text: string): string {
  // Of a text that is far too long no more is looked at than tells that it is.
  const shown = printable(text.slice(0, 3 * lettersMax))
    .replace(/[`|]/g, (letter) => lookAlikes[letter]!)
    .trim();
  if (shown === '') return '`-`';
  const letters = [...shown];
  return `\`${letters.length <= lettersMax ? shown : `${letters.slice(0, lettersMax - 1).join('')}…`}\``;
}

/** As many of the lines as `lengthMax` has room for, and how many there are more. */
function fittingLines(
  lines: readonly string[],
  lengthMax: number,
): { readonly shown: string; readonly hidden: number } {
  let length = 0;
  const over = lines.findIndex((line) => {
    length += line.length + 1;
    return length > lengthMax;
  });
  const count = over === -1 ? lines.length : over;
  return {
    shown: lines
      .slice(0, count)
      .map((line) => `${line}\n`)
      .join(''),
    hidden: lines.length - count,
  };
}

function hiddenNote(hidden: number): string {
  return hidden === 0 ? '' : `\nand ${hidden} more\n`;
}

/** Lines as a list; empty without any. About `lengthMax` letters at most. */
export function markdownList(lines: readonly string[], lengthMax: number): string {
  const items = lines.map((line) => `- ${line}`);
  const { shown, hidden } = fittingLines(items, lengthMax);
  return shown + hiddenNote(hidden);
}

/** Cells in rows under heads; empty without rows. About `lengthMax` letters at most. */
export function markdownTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  lengthMax: number,
): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const { shown, hidden } = fittingLines(rows.map(line), lengthMax);
  return `${line(heads)}\n${line(heads.map(() => '---'))}\n${shown}${hiddenNote(hidden)}`;
}
