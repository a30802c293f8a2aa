/**
 * Work that a burst brings, taken in order and in batches, each batch in a fresh turn of the event loop: the stack never
 * grows with the length of the queue, and timers and other sockets have their turn between two batches.
 */
import type { Clock } from '../../platform/ports.ts';

/** Pieces of work in one turn, at most. */
const batchMax = 64;

/** Milliseconds after which a batch ends early. */
const batchMs = 8;

/** A first-in first-out queue of work; what it does must not throw. */
export class TurnQueue {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #waiting: (() => void)[] = [];
  /** Index of the next piece in `#waiting`; what lies before it is done. */
  #next = 0;
  #isScheduled = false;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Pieces of work that still wait. */
  get length(): number {
    return this.#waiting.length - this.#next;
  }

  /** Puts work at the end; it never runs before this returns. */
  push(work: () => void): void {
    this.#waiting.push(work);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#drain());
  }

  #drain(): void {
    this.#isScheduled = false;
    const batch = this.#waiting.slice(this.#next, this.#next + batchMax);
    const startedAt = this.#clock.monotonic();
    for (const work of batch) {
      this.#next += 1;
      work();
      if (this.#clock.monotonic() - startedAt > batchMs) break;
    }
    this.#forget();
    if (this.length > 0) this.#schedule();
  }

  /** Lets go of what is done, seldom enough that a long queue is not copied for every batch. */
  #forget(): void {
    if (this.length > 0 && this.#next < 4096) return;
    this.#waiting = this.#waiting.slice(this.#next);
    this.#next = 0;
  }
}
