import type { Clock } from '../../platform/ports.ts';
import { isInDoubt, type Times } from './clock-doubt.ts';

/**
 * The machine's clock as it would be had nobody set it back while the agent runs; where it stands before what was signed, that time.
 * What is older by it than by the clock may be so old.
 */
export class LatestClock {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #times: Times;
  #aheadMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'monotonic'>, times: Times) {
    this.#clock = clock;
    this.#times = times;
    this.nowMs();
  }

  /** Milliseconds since the epoch; what the clock shows at each call counts from then on. */
  nowMs(): number {
    const monotonicMs = this.#clock.monotonic();
    const shownMs = isInDoubt(this.#times) ? this.#times.nowMs() : this.#times.clockMs();
    this.#aheadMs = Math.max(this.#aheadMs, shownMs - monotonicMs);
    return monotonicMs + this.#aheadMs;
  }
}
