/**
 * Names by the time at which each is due: a binary heap in which every name has one entry that knows its place, so that whoever gets
 * another time moves at once. Entries that were left behind would be cleared away together, a whole fleet of them in one turn.
 */
interface Entry {
  readonly name: string;
  at: number;
  /** Its index in the heap. */
  place: number;
}

export class DueQueue {
  readonly #heap: Entry[] = [];
  readonly #entries = new Map<string, Entry>();

  /** From now on the name is due at `at`, and at no other time. */
  schedule(name: string, at: number): void {
    const entry = this.#entries.get(name) ?? this.#added(name, at);
    entry.at = at;
    this.#settle(entry);
  }

  cancel(name: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    this.#entries.delete(name);
    const last = this.#heap.pop()!;
    if (last === entry) return;
    this.#put(last, entry.place);
    this.#settle(last);
  }

  /** When the next name is due; undefined when none is. */
  get nextAt(): number | undefined {
    return this.#heap[0]?.at;
  }

  /** Takes one name out that is due at `now`. */
  take(now: number): string | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    this.cancel(first.name);
    return first.name;
  }

  #added(name: string, at: number): Entry {
    const entry = { name, at, place: this.#heap.length };
    this.#heap.push(entry);
    this.#entries.set(name, entry);
    return entry;
  }

  #put(entry: Entry, place: number): void {
    this.#heap[place] = entry;
    entry.place = place;
  }

  /** Moves an entry to where its time belongs. */
  #settle(entry: Entry): void {
    this.#rise(entry);
    this.#sink(entry);
  }

  #rise(entry: Entry): void {
    while (entry.place > 0) {
      const { place } = entry;
      const parent = this.#heap[(place - 1) >> 1]!;
      if (parent.at <= entry.at) return;
      this.#put(entry, parent.place);
      this.#put(parent, place);
    }
  }

  #sink(entry: Entry): void {
    for (;;) {
      const { place } = entry;
      const child = this.#earlierChild(place);
      if (child === undefined || child.at >= entry.at) return;
      this.#put(entry, child.place);
      this.#put(child, place);
    }
  }

  #earlierChild(place: number): Entry | undefined {
    const left = this.#heap[2 * place + 1];
    const right = this.#heap[2 * place + 2];
    return left === undefined || right === undefined || left.at <= right.at ? left : right;
  }
}
