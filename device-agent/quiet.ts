import type { Clock } from '../platform/ports.ts';

/** Calls `rest` once after each stretch of activity, when nothing has stirred for `quietMs`. */
export class Quiet {
  readonly #clock: Clock;
  readonly #quietMs: number;
  readonly #rest: () => void;
  #timer: Disposable | undefined;
  #stirredAtMs = 0;

  constructor(clock: Clock, quietMs: number, rest: () => void) {
    this.#clock = clock;
    this.#quietMs = quietMs;
    this.#rest = rest;
  }

  stir(): void {
    this.#stirredAtMs = this.#clock.monotonic();
    this.#timer ??= this.#wait(this.#quietMs);
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #wait(delayMs: number): Disposable {
    return this.#clock.after(delayMs, () => {
      const leftMs = this.#stirredAtMs + this.#quietMs - this.#clock.monotonic();
      this.#timer = leftMs > 0 ? this.#wait(leftMs) : undefined;
      if (this.#timer === undefined) this.#rest();
    });
  }
}
