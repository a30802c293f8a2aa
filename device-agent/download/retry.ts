import type { Clock, Random } from '../../platform/ports.ts';
import { backoffMs } from './backoff.ts';

/** Waits between attempts, ended early by `nudge`. */
export class RetryPause {
  readonly #clock: Clock;
  readonly #random: Random;
  #early = new AbortController();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Resolves when the next attempt is due after so many failures in a row; rejects when `signal` aborts first. */
  async wait(failures: number, signal: AbortSignal): Promise<void> {
    this.#early = new AbortController();
    try {
      await this.#clock.sleep(backoffMs(failures, this.#random), AbortSignal.any([signal, this.#early.signal]));
    } catch (error) {
      if (signal.aborted) throw error;
    }
  }

  /** Circumstances changed, such as the link coming back: the pause under way ends now. */
  nudge(): void {
    this.#early.abort();
  }
}
