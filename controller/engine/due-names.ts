import type { Clock } from '../../platform/ports.ts';
import { DueQueue } from './due-queue.ts';

/** The wall clock may be set meanwhile. */
const lookMs = 15 * 60_000;

/** Calls back with names at their times, which are of the wall clock. */
export class DueNames {
  readonly #clock: Clock;
  readonly #onDue: (names: readonly string[]) => void;
  readonly #due = new DueQueue();
  /** Until it is looked again, and for whose time: names are noted often, and most have none. */
  #timer: { readonly at: number; readonly handle: Disposable } | undefined;

  constructor(clock: Clock, onDue: (names: readonly string[]) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** From now on the name is due at this time to come, or at none. */
  note(name: string, at: number | undefined): void {
    if (at === undefined || at <= this.#clock.now()) this.#due.cancel(name);
    else this.#due.schedule(name, at);
    this.#arm();
  }

  stop(): void {
    this.#timer?.handle[Symbol.dispose]();
    this.#timer = undefined;
  }

  #arm(): void {
    const { nextAt } = this.#due;
    if (nextAt === this.#timer?.at) return;
    this.stop();
    if (nextAt === undefined) return;
    const delayMs = Math.min(lookMs, Math.max(0, nextAt - this.#clock.now()));
    this.#timer = { at: nextAt, handle: this.#clock.after(delayMs, () => this.#look()) };
  }

  #look(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    const names: string[] = [];
    for (let name = this.#due.take(now); name !== undefined; name = this.#due.take(now)) names.push(name);
    if (names.length > 0) this.#onDue(names);
    this.#arm();
  }
}
