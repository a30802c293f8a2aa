import type { Clock } from '../../platform/ports.ts';

/** What is kept is written to flash and told the shore: so much at once, and one more each time this is over. */
const atOnce = 12;
const everyMs = 5 * 60_000;

/** How often something said aboard may be kept: a program that says yes and no without end must not wear out flash and link. */
export class ConsentPace {
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** When all that was spent is there again, on the monotonic clock. */
  #fullMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** For how long nothing more is kept. */
  waitMs(): number {
    return Math.max(0, this.#fullMs - (atOnce - 1) * everyMs - this.#clock.monotonic());
  }

  /** Something was kept. */
  spend(): void {
    this.#fullMs = Math.max(this.#clock.monotonic(), this.#fullMs) + everyMs;
  }
}
