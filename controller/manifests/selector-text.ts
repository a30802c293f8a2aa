/** Label selectors as people write them on a command line, in the way of kubectl. */
import type { Selector, SelectorRequirement } from '../../schemas/generated/types.ts';

/** Why a text is no selector; the message is for who wrote it. */
export class SelectorTextError extends Error {
  override readonly name = 'SelectorTextError';
}

function parseTerm(term: string): SelectorRequirement {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(term);
  if (set) {
    const values = set[3]!.split(',').map((value) => value.trim());
    return { key: set[1]!, operator: set[2] === 'in' ? 'In' : 'NotIn', values };
  }
  const pair = /^([^=!\s]+)\s*(==?|!=)\s*([^=!\s]*)$/.exec(term);
  if (pair) return { key: pair[1]!, operator: pair[2] === '!=' ? 'NotIn' : 'In', values: [pair[3]!] };
  const lone = /^(!?)([^=!\s]+)$/.exec(term);
  if (lone) return { key: lone[2]!, operator: lone[1] === '!' ? 'DoesNotExist' : 'Exists' };
  throw new SelectorTextError(`${JSON.stringify(term)} is not a selector; write a=b, a!=b, a, !a or "a in (b,c)"`);
}

/** `a=b,c!=d,e,!f,g in (x,y)`. Throws `SelectorTextError`. */
export function parseSelector(text: string): Selector {
  const terms = text.match(/(?:[^,(]|\([^)]*\))+/g) ?? [];
  return { matchExpressions: terms.map((term) => parseTerm(term.trim())) };
}
