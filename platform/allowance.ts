import type { Clock } from './ports.ts';

/** So much at once, and one more each time this is over. */
export interface AllowanceTerms {
  readonly atOnce: number;
  readonly everyMs: number;
}

/** How often something may be done that costs its device: nothing is counted but when all that was spent is there again. */
export class Allowance {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #terms: AllowanceTerms;
  /** On the monotonic clock. */
  #fullMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'monotonic'>, terms: AllowanceTerms) {
    this.#clock = clock;
    this.#terms = terms;
  }

  /** From when on it may be done once more, on the monotonic clock. */
  fromMs(): number {
    const { atOnce, everyMs } = this.#terms;
    return this.#fullMs - (atOnce - 1) * everyMs;
  }

  /** For how long it may not. */
  waitMs(): number {
    return Math.max(0, this.fromMs() - this.#clock.monotonic());
  }

  /** It is done once. */
  spend(): void {
    this.#fullMs = Math.max(this.#clock.monotonic(), this.#fullMs) + this.#terms.everyMs;
  }
}
