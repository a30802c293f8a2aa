/** Problems of manifests for a terminal: where, what, and the line with a caret under the place. */
import type { Problem } from '../../schemas/generated/types.ts';

/** Control characters and those that turn the direction of text: a file under judgement must not steer the terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to replace
const unprintable = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

function printable(text: string): string {
  return text.replace(unprintable, '\ufffd');
}

function caretUnder(excerpt: string, column: number): string {
  // Tabs stay tabs, so that the caret stands under its character whatever the terminal makes of them.
  return `${excerpt.slice(0, column - 1).replace(/[^\t]/g, ' ')}^`;
}

/** `file:line:column: CODE message`, then the line and a caret where they are known. */
export function renderProblem({ file, line, column, code, message, excerpt }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  const head = printable(`${place}: ${code} ${message}`);
  if (excerpt === undefined || column === undefined) return head;
  const quoted = `    ${printable(excerpt)}`;
  return column > excerpt.length + 1 ? `${head}\n${quoted}` : `${head}\n${quoted}\n    ${caretUnder(excerpt, column)}`;
}
