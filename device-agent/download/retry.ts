import type { Clock, Random } from '../../platform/ports.ts';
import { backoffMs } from './backoff.ts';

/** Each attempt costs a process and, on a link that is up, a handshake. A link that comes back is not waited for. */
const mostMs = 60 * 60_000;

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
      await this.#clock.sleep(backoffMs(failures, this.#random, mostMs), AbortSignal.any([signal, this.#early.signal]));
    } catch (error) {
      if (signal.aborted) throw error;
    }
  }

  /** Circumstances changed, such as the link coming back: the pause under way ends now. */
  nudge(): void {
    this.#early.abort();
  }
}
