/*
An index map is coded as runs over the old indices that no earlier run has used. A run goes on from one unused index to
the next, so functions that swapped places cost a jump there and none back:

  old index of each new function   0 1 3 2 4 5 6    runs   2 from 0, 1 from 3, 4 from 2 (2, 4, 5, 6)

A jump is told from the index at which the run before would have gone on. Where functions moved far, the way back is
shorter to tell: `resume` is the index at which the last run of two or more would have gone on.
*/

/** Old indices that a reader or writer of an index map has not seen yet, and where it stands among them. */
export class UnusedIndices {
  /** Where the run before would go on. */
  expected = 0;
  #resume = 0;
  // For a used index one that comes after it, 0 for an unused one: a forest with shortened paths.
  #after = new Int32Array(1024);
  readonly #count: number;

  /** Indices of `count` and more are never used up. */
  constructor(count: number) {
    this.#count = count;
  }

  /** Where to go on after a detour. */
  get resume(): number {
    return this.#next(this.#resume);
  }

  /** Uses an index up. */
  use(index: number): void {
    if (index < this.#count + 2) {
      if (index >= this.#after.length) this.#grow(index);
      this.#after[index] = index + 1;
    }
    this.expected = this.#next(index + 1);
  }

  /** Notes that a run of two or more has ended. */
  settle(): void {
    this.#resume = this.expected;
  }

  #grow(index: number): void {
    const after = new Int32Array(Math.min(2 * index, this.#count + 2));
    after.set(this.#after);
    this.#after = after;
  }

  #next(index: number): number {
    let end = index;
    for (let after = this.#after[end]; after !== undefined && after > 0; after = this.#after[end]) end = after;
    for (let at = index; at < end; ) {
      const after = this.#after[at]!;
      this.#after[at] = end;
      at = after;
    }
    return end;
  }
}
