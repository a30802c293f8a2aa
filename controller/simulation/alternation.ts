/** Something that is so and not so by turns: stretches, drawn as far as somebody asks. */

/** One stretch, in milliseconds since the epoch. */
export interface Stretch {
  readonly isUp: boolean;
  readonly until: number;
}

const lengthMsMin = 60_000;

/** Asked in the order of time. */
export class Alternation {
  readonly #lengthOf: (isUp: boolean) => number;
  #stretch: Stretch;

  /** Begins with `first`; `lengthOf` draws how long each one after it is, a minute at least. */
  constructor(first: Stretch, lengthOf: (isUp: boolean) => number) {
    this.#stretch = first;
    this.#lengthOf = lengthOf;
  }

  /** How it is at `now`, and until when it stays so. */
  at(now: number): Stretch {
    while (this.#stretch.until <= now) this.#stretch = this.#after(this.#stretch);
    return this.#stretch;
  }

  #after({ isUp, until }: Stretch): Stretch {
    return { isUp: !isUp, until: until + Math.max(lengthMsMin, this.#lengthOf(!isUp)) };
  }
}
