/** The door through which text of others comes to a terminal: what files, commits, servers and devices say must not steer it. */

/** Control characters, those that turn the direction of text and those that end a line; tabs stay. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to replace
const unprintable = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The text on one line, with a mark in place of every character that would do something. */
export function printable(text: string): string {
  return text.replace(unprintable, '\ufffd');
}

/** The same for logs, where what was there stays known: `\u009b`. */
export function escaped(text: string): string {
  return text.replace(unprintable, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same for text of several lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** The same for every text in plain data. */
export function printableDeep<T>(value: T): T {
  if (typeof value === 'string') return printable(value) as T;
  if (Array.isArray(value)) return value.map(printableDeep) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [printable(key), printableDeep(inner)])) as T;
}
