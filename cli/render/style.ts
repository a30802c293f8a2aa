/** Colours for a terminal that wants them, and widths that do not count them. */

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36, gray: 90 } as const;

const controlStart = '\u001b';
const sequence = `${controlStart}\\[[0-9;]*m`;
const controlSequence = new RegExp(`(${sequence})`);
const oneStyle = new RegExp(`^((?:${sequence})*)(.*?)((?:${sequence})*)$`, 's');

export type StyleName = keyof typeof codes;
export type Style = (name: StyleName, text: string) => string;

/** A style that colours, or one that leaves text alone. */
export function styleFor(color: boolean): Style {
  return (name, text) => (color && text !== '' ? `${controlStart}[${codes[name]}m${text}${controlStart}[0m` : text);
}

/** What a terminal draws over the letter before it, and what it does not draw. */
const takesNone = /^[\p{Mn}\p{Me}\u200b-\u200d]$/u;

/** What a terminal gives two columns: the scripts of East Asia, their full-width forms, emoji. */
const takesTwo =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]$/u;

function widthOfLetter(letter: string): number {
  if (letter <= '~') return 1;
  if (takesNone.test(letter)) return 0;
  return takesTwo.test(letter) ? 2 : 1;
}

function widthOfLetters(letters: readonly string[]): number {
  return letters.reduce((sum, letter) => sum + widthOfLetter(letter), 0);
}

/** Columns that a text takes on the screen. */
export function widthOf(text: string): number {
  return widthOfLetters([...text.replaceAll(new RegExp(controlSequence, 'g'), '')]);
}

/** As many letters from the start as fit into `width` columns. */
function fittingLetters(text: string, width: number): string[] {
  const letters: string[] = [];
  let left = width;
  for (const letter of text) {
    left -= widthOfLetter(letter);
    if (left < 0) break;
    letters.push(letter);
  }
  return letters;
}

/** Cuts a text to a width; colours are kept and closed. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let shown = '';
  let left = Math.max(0, width - 1);
  for (const part of text.split(controlSequence)) {
    if (part.startsWith(controlStart)) {
      shown += part;
      continue;
    }
    const letters = fittingLetters(part, left);
    // Where a letter had no room none behind it has, though it be narrower.
    left = letters.join('') === part ? left - widthOfLetters(letters) : 0;
    shown += letters.join('');
  }
  return width > 0 ? `${shown}…` : '';
}

/** Cuts a name of one style in its middle, for names that begin alike differ at their ends. */
export function cutMiddle(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  const [, opening = '', name = '', closing = ''] = oneStyle.exec(text) ?? [];
  const tail = fittingLetters([...name].reverse().join(''), Math.floor((width - 1) / 2)).reverse();
  const head = fittingLetters(name, width - 1 - widthOfLetters(tail));
  return width > 0 ? `${opening}${head.join('')}…${tail.join('')}${closing}` : '';
}

/** Breaks a line between words so that it fits `width`; what follows is indented like the line. */
export function wrap(line: string, width: number): string {
  if (widthOf(line) <= width) return line;
  const indent = /^ */.exec(line)![0];
  const lines: string[] = [];
  let current = '';
  for (const word of line.trimStart().split(' ')) {
    const next = current === '' ? indent + word : `${current} ${word}`;
    if (current !== '' && widthOf(next) > width) {
      lines.push(current);
      current = indent + word;
    } else {
      current = next;
    }
  }
  return [...lines, current].join('\n');
}
