import type { Clock } from '../../platform/ports.ts';

/** Where a session lies, as far as that tells whether it is still there. */
export interface WatchedSession {
  /** When the broker was heard last, by the monotonic clock. */
  readonly heardMs: number;
  /** Whether the broker answers; it may take for ever. */
  probe(): Promise<boolean>;
}

/**
 * Silences, one after the other, after which a session says that it is there, long before its usual sign: a link that came a moment ago is
 * the likeliest to be gone without a word, and one that was there for minutes will be for longer. They cost some 500 bytes a session.
 */
const silencesMs: readonly number[] = [60_000, 300_000];

/** A session that lived for so long was on a link where silence ends nothing. */
const soundMs = 60 * 60_000;

/**
 * Signs of young sessions. A silence after which one was found dead is not tried again in the next, for what forgets who is silent, such
 * as a translator of addresses, would end each so soon, and each costs nine times as much as a sign.
 */
export class EarlySigns {
  readonly #clock: Pick<Clock, 'after' | 'monotonic'>;
  #next = 0;

  constructor(clock: Pick<Clock, 'after' | 'monotonic'>) {
    this.#clock = clock;
  }

  /** Watches a session from its start until that is disposed of. */
  watch(session: WatchedSession): Disposable {
    const begunMs = this.#clock.monotonic();
    let timer: Disposable | undefined;
    const wait = (step: number): void => {
      const silenceMs = silencesMs[step];
      if (silenceMs === undefined) return;
      const silentMs = this.#clock.monotonic() - session.heardMs;
      timer = this.#clock.after(silenceMs - silentMs, () => {
        if (this.#clock.monotonic() - session.heardMs < silenceMs) return wait(step);
        this.#next = step + 1;
        void session.probe().then((isAnswered) => {
          if (!isAnswered) return;
          this.#next = 0;
          if (timer !== undefined) wait(step + 1);
        });
      });
    };
    wait(this.#next);
    return {
      [Symbol.dispose]: () => {
        timer?.[Symbol.dispose]();
        timer = undefined;
        if (this.#clock.monotonic() - begunMs >= soundMs) this.#next = 0;
      },
    };
  }
}
