/** How long a source that does not answer is left alone, so that a server that is away is not asked every few seconds for days. */
import type { SourceEvent } from './source.ts';

const firstPauseMs = 10_000;
const pauseMsMax = 120_000;

type Unreachable = Extract<SourceEvent, { readonly kind: 'unreachable' }>;

/** The first failure is tried again at the next poll; from then on pauses double. Times are of a clock that never goes back. */
export class RetryPause {
  #failures = 0;
  #until = 0;
  #failedAt = 0;
  #last: Unreachable | undefined;

  /** The failure that still counts at this time. */
  standing(now: number): Unreachable | undefined {
    return now < this.#until ? this.#last : undefined;
  }

  /** Somebody says that the branch moved, so the server most likely answers: no more than the first pause is left. */
  shorten(): void {
    this.#until = Math.min(this.#until, this.#failedAt + firstPauseMs);
  }

  note(event: SourceEvent, now: number): void {
    if (event.kind !== 'unreachable') {
      this.#failures = 0;
      this.#last = undefined;
      return;
    }
    this.#last = event;
    this.#failedAt = now;
    if (this.#failures > 0) this.#until = now + Math.min(firstPauseMs * 2 ** (this.#failures - 1), pauseMsMax);
    this.#failures += 1;
  }
}
