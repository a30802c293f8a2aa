import type { Clock } from '../../platform/ports.ts';
import type { Consent } from '../../schemas/generated/types.ts';

/** What the term of what was said is judged by. */
export interface ConsentTermOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** Whether its end was seen to come, in whatever life of the agent. */
  readonly isOver: () => boolean;
  /** Its end came; called once. */
  readonly onOver: (said: Consent) => void;
}

/** For how long what was said aboard still counts: a clock that is set back gives nothing of it back. */
export class ConsentTerm {
  readonly #options: ConsentTermOptions;
  #said: Consent | undefined;
  #ended: Consent | undefined;
  /** How long ago that was said when it was seen first, and when that was on the monotonic clock. */
  #age = { ms: 0, seenMs: 0 };

  constructor(options: ConsentTermOptions) {
    this.#options = options;
  }

  /** Nothing or less where it is over; undefined where it was said after the time that is now, so that nobody knows. */
  leftMs(said: Consent): number | undefined {
    if (said.until === undefined) return Number.POSITIVE_INFINITY;
    const leftMs = this.#options.isOver() ? 0 : this.#left(Date.parse(said.at), Date.parse(said.until), said);
    if (leftMs !== undefined && leftMs <= 0 && this.#ended !== said) {
      this.#ended = said;
      this.#options.onOver(said);
    }
    return leftMs;
  }

  #left(atMs: number, untilMs: number, said: Consent): number | undefined {
    const [nowMs, monotonicMs] = [this.#options.nowMs(), this.#options.clock.monotonic()];
    if (this.#said !== said) {
      if (nowMs < atMs) return undefined;
      this.#said = said;
      this.#age = { ms: nowMs - atMs, seenMs: monotonicMs };
    }
    const ageMs = this.#age.ms + monotonicMs - this.#age.seenMs;
    return Math.min(untilMs - nowMs, untilMs - atMs - ageMs);
  }
}
