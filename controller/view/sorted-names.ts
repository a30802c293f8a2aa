/** The first few of many names, in order; no more than these are sorted. */
function firstNames(names: Iterable<string>, count: number): string[] {
  const first: string[] = [];
  for (const name of names) {
    if (first.length === count && name >= first.at(-1)!) continue;
    const at = first.findIndex((one) => name < one);
    first.splice(at === -1 ? first.length : at, 0, name);
    if (first.length > count) first.pop();
  }
  return first;
}

/** A set of names whose first few are asked for again and again, and seldom others than before. */
export class NamesByFirst {
  readonly #names = new Set<string>();
  readonly #count: number;
  #first: readonly string[] | undefined = [];

  constructor(count: number) {
    this.#count = count;
  }

  add(name: string): void {
    const before = this.#names.size;
    this.#names.add(name);
    if (this.#first === undefined || this.#names.size === before) return;
    if (this.#first.length < this.#count || name < this.#first.at(-1)!) {
      this.#first = firstNames([...this.#first, name], this.#count);
    }
  }

  delete(name: string): void {
    if (this.#names.delete(name) && this.#first?.includes(name)) this.#first = undefined;
  }

  /** The first of them, in order. */
  get first(): readonly string[] {
    this.#first ??= firstNames(this.#names, this.#count);
    return this.#first;
  }
}

/** Where a name is or belongs among sorted ones. */
export function placeAmong(sorted: readonly string[], name: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < name) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Names in order, kept while they come and go. */
export class SortedNames {
  #names: string[] = [];
  /** Names that came and are not in their place yet. */
  readonly #added = new Set<string>();
  readonly #removed = new Set<string>();

  /** Whether a name was there so far, and whether it is from now on. */
  move(name: string, was: boolean, is: boolean): void {
    if (was === is) return;
    const [undone, done] = is ? [this.#removed, this.#added] : [this.#added, this.#removed];
    if (!undone.delete(name)) done.add(name);
  }

  /** All of them, sorted. */
  get all(): readonly string[] {
    if (this.#added.size + this.#removed.size > 0) this.#settle();
    return this.#names;
  }

  /** Merges what came into what was there: one pass, and a sort of what came alone. */
  #settle(): void {
    const added = [...this.#added].sort();
    const merged: string[] = [];
    let next = 0;
    for (const name of this.#names) {
      while (next < added.length && added[next]! < name) merged.push(added[next++]!);
      if (!this.#removed.has(name)) merged.push(name);
    }
    this.#names = [...merged, ...added.slice(next)];
    this.#added.clear();
    this.#removed.clear();
  }
}
