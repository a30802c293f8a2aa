/** How late this process comes to what is due: everybody waits so long for an answer. */
import type { Clock } from '../../platform/ports.ts';
import { Histogram } from './histogram.ts';

/** Often enough to see a pause that a person would, seldom enough to cost nothing. */
const everyMs = 100;

const boundsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Measures until it is disposed. */
export class LoopLateness implements Disposable {
  /** Of each look, by how many seconds it was late. */
  readonly seconds = new Histogram(boundsSeconds);
  readonly #clock: Pick<Clock, 'monotonic' | 'after'>;
  #timer: Disposable;

  constructor(clock: Pick<Clock, 'monotonic' | 'after'>) {
    this.#clock = clock;
    this.#timer = this.#lookIn();
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  #lookIn(): Disposable {
    const dueAt = this.#clock.monotonic() + everyMs;
    return this.#clock.after(everyMs, () => {
      this.seconds.observe(Math.max(0, this.#clock.monotonic() - dueAt) / 1000);
      this.#timer = this.#lookIn();
    });
  }
}
