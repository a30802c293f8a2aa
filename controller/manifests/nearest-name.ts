/** How names are listed in a message, and how the right one is hinted at. */
import { nearestName } from '../../schemas/nearest-name.ts';
import { namesListedMax } from './limits.ts';

/** `a, b, c and 12 more`, sorted. */
export function listNames(names: Iterable<string>): string {
  const sorted = [...names].sort();
  const shown = sorted.slice(0, namesListedMax).join(', ');
  return sorted.length > namesListedMax ? `${shown} and ${sorted.length - namesListedMax} more` : shown;
}

/** `; did you mean "x"?`, or which names there are, or that there is none. */
export function hint(name: string, candidates: Iterable<string>, what: string): string {
  const all = [...candidates];
  const nearest = nearestName(name, all);
  if (nearest !== undefined) return `did you mean "${nearest}"?`;
  return all.length === 0 ? `there is no ${what}` : `there ${all.length === 1 ? 'is' : 'are'}: ${listNames(all)}`;
}
