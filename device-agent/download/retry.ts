import type { Clock, Random } from '../../platform/ports.ts';
import { backoffMs } from './backoff.ts';

/** Each attempt costs a process and, on a link that is up, a handshake. */
const mostMs = 60 * 60_000;
/** Where nobody answers an attempt costs a few packets. The agent's own link coming back is not waited for. */
const unansweredMsMax = 15 * 60_000;
/**
 * A portal is over, or a way open again, without a word to this device: for an hour or so at most half a minute passes before it looks. What
 * asks first is small and signed, so that it is its own probe: some 300 bytes where nobody answers, a handshake where somebody else does.
 */
const eager = { tries: 100, msMax: 30_000 } as const;
/** A server that says when to come back is believed, but not that it is soon, again and again. */
const impatientMsMax = 60_000;

/** What the attempt that failed last says of the next. */
export interface RetryTerms {
  /** Whether the link alone is to blame. */
  readonly isLink: boolean;
  /** Whether it goes over no link: who has it is asked among neighbours, whom each question costs something. */
  readonly isOffLink?: true;
  /** How long the server asks to be left alone, if it does. */
  readonly retryAfterMs?: number;
}

function linkMsMax(failures: number, isOffLink = false): number {
  return !isOffLink && failures <= eager.tries ? eager.msMax : unansweredMsMax;
}

/** How long to wait after so many failures in a row. */
export function retryDelayMs(
  failures: number,
  { isLink, isOffLink, retryAfterMs }: RetryTerms,
  random: Random,
): number {
  const ownMs = backoffMs(failures, random, isLink ? linkMsMax(failures, isOffLink) : mostMs);
  if (retryAfterMs === undefined) return ownMs;
  const toldMs = Math.max(Math.min(retryAfterMs, mostMs), Math.min(ownMs, impatientMsMax));
  // Devices that were told the same do not come back as one.
  return toldMs * (1 + random.fraction() / 4);
}

/** Waits between attempts, ended early by `nudge`. */
export class RetryPause {
  readonly #clock: Clock;
  readonly #random: Random;
  #early = new AbortController();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /**
   * Resolves when the next attempt is due after so many failures in a row: `early` when circumstances changed, which those failures
   * say nothing of. Rejects when `signal` aborts first.
   */
  async wait(failures: number, terms: RetryTerms, signal: AbortSignal): Promise<'due' | 'early'> {
    this.#early = new AbortController();
    try {
      const delayMs = retryDelayMs(failures, terms, this.#random);
      await this.#clock.sleep(delayMs, AbortSignal.any([signal, this.#early.signal]));
      return 'due';
    } catch (error) {
      if (signal.aborted) throw error;
      return 'early';
    }
  }

  /** Circumstances changed, such as the link coming back: the pause under way ends now. */
  nudge(): void {
    this.#early.abort();
  }
}
