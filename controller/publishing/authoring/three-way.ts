/** A three-way merge of named things: what one side alone changed is taken, what both changed alike too. Pure. */

/** What came of it, or the names that each side changed in its own way. */
export type Merged<T> =
  | { readonly kind: 'merged'; readonly entries: ReadonlyMap<string, T> }
  | { readonly kind: 'conflict'; readonly names: readonly string[] };

/** Merges by equal JSON. Without a common past, what only one side has was added by it. */
export function mergeThreeWay<T>(
  base: ReadonlyMap<string, T>,
  ours: ReadonlyMap<string, T>,
  theirs: ReadonlyMap<string, T>,
): Merged<T> {
  const entries = new Map<string, T>();
  const names: string[] = [];
  for (const name of new Set([...ours.keys(), ...theirs.keys()])) {
    const [before, our, their] = [base, ours, theirs].map((side) => JSON.stringify(side.get(name)));
    const isTheirs = our === before;
    if (our !== their && !isTheirs && their !== before) names.push(name);
    const taken = (isTheirs ? theirs : ours).get(name);
    if (taken !== undefined) entries.set(name, taken);
  }
  return names.length > 0 ? { kind: 'conflict', names } : { kind: 'merged', entries };
}
