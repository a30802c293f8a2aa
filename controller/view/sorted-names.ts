/** Names in order, kept while they come and go. */
export class SortedNames {
  #names: string[] = [];
  /** Names that came and are not in their place yet. */
  readonly #added = new Set<string>();
  readonly #removed = new Set<string>();

  add(name: string): void {
    if (!this.#removed.delete(name)) this.#added.add(name);
  }

  remove(name: string): void {
    if (!this.#added.delete(name)) this.#removed.add(name);
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
