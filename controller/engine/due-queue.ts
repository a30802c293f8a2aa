/** Names by the time at which each is due: a binary heap, in which a name that got another time leaves its old entry behind. */
interface Entry {
  readonly name: string;
  readonly at: number;
}

export class DueQueue {
  #heap: Entry[] = [];
  readonly #times = new Map<string, number>();

  /** From now on the name is due at `at`, and at no other time. */
  schedule(name: string, at: number): void {
    if (this.#times.get(name) === at) return;
    this.#times.set(name, at);
    this.#push({ name, at });
    // Entries that were left behind are bounded by a multiple of those that count.
    if (this.#heap.length > 64 + 4 * this.#times.size) this.#rebuild();
  }

  cancel(name: string): void {
    this.#times.delete(name);
  }

  /** When the next name is due; undefined when none is. */
  get nextAt(): number | undefined {
    this.#dropStale();
    return this.#heap[0]?.at;
  }

  /** Takes one name out that is due at `now`. */
  take(now: number): string | undefined {
    this.#dropStale();
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    this.#pop();
    this.#times.delete(first.name);
    return first.name;
  }

  #dropStale(): void {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (this.#times.get(first.name) === first.at) return;
      this.#pop();
    }
  }

  #rebuild(): void {
    this.#heap = [];
    for (const [name, at] of this.#times) this.#push({ name, at });
  }

  #push(entry: Entry): void {
    let at = this.#heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#heap[parent]!.at <= entry.at) break;
      this.#heap[at] = this.#heap[parent]!;
      at = parent;
    }
    this.#heap[at] = entry;
  }

  #pop(): void {
    const last = this.#heap.pop()!;
    const { length } = this.#heap;
    if (length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && this.#heap[child + 1]!.at < this.#heap[child]!.at) child += 1;
      if (this.#heap[child]!.at >= last.at) break;
      this.#heap[at] = this.#heap[child]!;
      at = child;
    }
    this.#heap[at] = last;
  }
}
