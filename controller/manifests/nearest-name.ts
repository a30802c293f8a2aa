/** How names are listed in a message, and how the right one is hinted at. */
import { nearestName } from '../../schemas/nearest-name.ts';
import { namesListedMax } from './limits.ts';

/** The first names in their order, of which there may be as many as devices: they are looked at once. */
function firstOf(names: Iterable<string>, most: number): { readonly first: readonly string[]; readonly count: number } {
  const first: string[] = [];
  let count = 0;
  for (const name of names) {
    count += 1;
    if (first.length === most && !(name < first.at(-1)!)) continue;
    const at = first.findIndex((other) => name < other);
    first.splice(at === -1 ? first.length : at, 0, name);
    if (first.length > most) first.pop();
  }
  return { first, count };
}

/** `a, b, c and 12 more`, sorted. */
export function listNames(names: Iterable<string>): string {
  const { first, count } = firstOf(names, namesListedMax);
  const shown = first.join(', ');
  return count > namesListedMax ? `${shown} and ${count - namesListedMax} more` : shown;
}

/** The first by name. */
export function firstName(names: Iterable<string>): string | undefined {
  return firstOf(names, 1).first[0];
}

/** `; did you mean "x"?`, or which names there are, or that there is none. */
export function hint(name: string, candidates: Iterable<string>, what: string): string {
  const all = [...candidates];
  const nearest = nearestName(name, all);
  if (nearest !== undefined) return `did you mean "${nearest}"?`;
  return all.length === 0 ? `there is no ${what}` : `there ${all.length === 1 ? 'is' : 'are'}: ${listNames(all)}`;
}
