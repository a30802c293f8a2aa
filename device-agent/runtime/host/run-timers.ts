import type { Clock } from '../../../platform/ports.ts';

/** Timers of one run: none of them fires once the run is over. */
export class RunTimers implements Pick<Clock, 'after'>, Disposable {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #pending = new Set<Disposable>();

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  after(delayMs: number, callback: () => void): Disposable {
    const timer = this.#clock.after(Math.max(0, delayMs), () => {
      this.#pending.delete(timer);
      callback();
    });
    this.#pending.add(timer);
    return {
      [Symbol.dispose]: () => {
        this.#pending.delete(timer);
        timer[Symbol.dispose]();
      },
    };
  }

  [Symbol.dispose](): void {
    for (const timer of this.#pending) timer[Symbol.dispose]();
    this.#pending.clear();
  }
}
