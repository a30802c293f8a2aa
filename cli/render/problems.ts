/** Problems of manifests for a terminal: where, what, and the line with a caret under the place. */

import { printable } from '../../platform/printable.ts';
import type { Problem } from '../../schemas/generated/types.ts';

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

/** Where a limit of a policy stands that a commit is over: `policy: file:line:column: CODE message`. */
export function renderVerdict(problem: Problem): string {
  return `policy: ${renderProblem(problem)}`;
}

/** What is no problem and worth a word: `note: file: CODE message`. */
export function renderNote(note: Problem): string {
  return `note: ${renderProblem(note)}`;
}

/** The same, for what stops nothing. */
export function renderWarning(problem: Problem): string {
  return `warning: ${renderProblem(problem)}`;
}
