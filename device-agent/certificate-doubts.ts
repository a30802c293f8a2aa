import { Allowance, type AllowanceTerms } from '../platform/allowance.ts';
import type { Clock } from '../platform/ports.ts';

/** Who is not let in for another reason asks for certificates in vain: 6 KB each. */
const terms: AllowanceTerms = { atOnce: 4, everyMs: 6 * 60 * 60_000 };

/** Who is refused again while asking for another comes to nothing asks again this soon: the way may be there now. */
const betweenMs = 10 * 60_000;

/**
 * Whether the certificate that is there is in doubt: the shore did not take this device with it. It is renewed then whatever the clock
 * here says of it, for that may be wrong, or the shore's was when it gave it.
 */
export class CertificateDoubts {
  readonly #clock: Pick<Clock, 'monotonic' | 'sleep'>;
  readonly #allowance: Allowance;
  #isRaised = false;
  #wokenMs = Number.NEGATIVE_INFINITY;
  #pause = new AbortController();

  constructor(clock: Pick<Clock, 'monotonic' | 'sleep'>) {
    this.#clock = clock;
    this.#allowance = new Allowance(clock, terms);
  }

  get isRaised(): boolean {
    return this.#isRaised;
  }

  /** It was refused: soon it is asked for another, unless that was done so often already. */
  raise(): void {
    const nowMs = this.#clock.monotonic();
    if (nowMs - this.#wokenMs < betweenMs) return;
    if (!this.#isRaised && this.#allowance.waitMs() > 0) return;
    if (!this.#isRaised) this.#allowance.spend();
    this.#isRaised = true;
    this.#wokenMs = nowMs;
    this.#pause.abort();
  }

  /** The authority has given another, or said why not. */
  settle(): void {
    this.#isRaised = false;
  }

  /** Lets time pass, until a doubt is raised. */
  async pause(delayMs: number, signal: AbortSignal): Promise<void> {
    this.#pause = new AbortController();
    await this.#clock.sleep(delayMs, AbortSignal.any([signal, this.#pause.signal])).catch(() => {});
  }
}
