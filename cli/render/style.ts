/** Colours for a terminal that wants them, and widths that do not count them. */

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36, gray: 90 } as const;

const controlStart = '\u001b';
const controlSequence = new RegExp(`(${controlStart}\\[[0-9;]*m)`);

export type StyleName = keyof typeof codes;
export type Style = (name: StyleName, text: string) => string;

/** A style that colours, or one that leaves text alone. */
export function styleFor(color: boolean): Style {
  return (name, text) => (color && text !== '' ? `${controlStart}[${codes[name]}m${text}${controlStart}[0m` : text);
}

/** Characters that a text takes on the screen. */
export function widthOf(text: string): number {
  return [...text.replaceAll(new RegExp(controlSequence, 'g'), '')].length;
}

/** Cuts a text to a width; colours are kept and closed. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let shown = '';
  let left = Math.max(0, width - 1);
  for (const part of text.split(controlSequence)) {
    const letters = part.startsWith(controlStart) ? part : [...part].slice(0, left).join('');
    if (!part.startsWith(controlStart)) left -= [...letters].length;
    shown += letters;
  }
  return width > 0 ? `${shown}…` : '';
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
