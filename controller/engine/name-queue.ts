/**
 * Names that wait for their turn: some one by one, each of them once, and whole lists, of which no copy is made: a fleet of a
 * hundred thousand is a list.
 */
interface NameList {
  readonly names: Iterator<string>;
  /** Not these. */
  readonly isPassedOver: (name: string) => boolean;
}

/** Names that are passed over in one call at most. */
const passedOverMax = 1_000;

export class NameQueue {
  readonly #names = new Set<string>();
  /** Over what is left of them: one that begins anew for each name walks over all that were taken. */
  #walk = this.#names.values();
  #lists: NameList[] = [];

  /** Returns whether it did not wait yet. */
  add(name: string): boolean {
    const before = this.#names.size;
    this.#names.add(name);
    return this.#names.size > before;
  }

  /** A list that nobody shortens; what is passed over is asked when it is its turn. */
  addList(names: Iterable<string>, isPassedOver: (name: string) => boolean = () => false): void {
    this.#lists.push({ names: names[Symbol.iterator](), isPassedOver });
  }

  /** How many wait one by one. */
  get size(): number {
    return this.#names.size;
  }

  /** Whether lists were begun and are not at their end. */
  get hasLists(): boolean {
    return this.#lists.length > 0;
  }

  get isEmpty(): boolean {
    return this.size === 0 && !this.hasLists;
  }

  /** One name, those of lists last. Undefined also where many were passed over: whoever has time left asks again. */
  take(): string | undefined {
    if (this.#names.size > 0) return this.#takeName();
    for (let passedOver = 0; passedOver < passedOverMax; passedOver += 1) {
      const [list] = this.#lists;
      if (list === undefined) return undefined;
      const next = list.names.next();
      if (next.done) this.#lists.shift();
      else if (!list.isPassedOver(next.value)) return next.value;
    }
    return undefined;
  }

  #takeName(): string | undefined {
    let next = this.#walk.next();
    // A walk that came to its end sees nothing that is added later.
    if (next.done) {
      this.#walk = this.#names.values();
      next = this.#walk.next();
    }
    this.#names.delete(next.value!);
    return next.value;
  }
}
