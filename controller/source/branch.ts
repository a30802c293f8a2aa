/** What is said of a branch that is not there. */
import type { SourceEvent } from './source.ts';

/** Branches that are looked for where one is missing. */
export const branchesMax = 1_000;

/** Branches named in a message. */
const branchesListedMax = 8;

/** A repository without any branch. */
export function emptyRepository(location: string): Extract<SourceEvent, { readonly kind: 'empty' }> {
  return { kind: 'empty', message: `${location} has no commit yet` };
}

/** A repository with branches, but not the one that is followed. */
export function branchMissing(
  location: string,
  branch: string,
  names: readonly string[],
): Extract<SourceEvent, { readonly kind: 'branch-missing' }> {
  const others = names.length - branchesListedMax;
  const count = names.length >= branchesMax ? `at least ${others}` : `${others}`;
  const more = others > 0 ? ` and ${count} more` : '';
  const listed = names.toSorted().slice(0, branchesListedMax).join(', ');
  return { kind: 'branch-missing', message: `${location} has no branch ${branch}; it has ${listed}${more}` };
}
