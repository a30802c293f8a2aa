import type { Clock } from '../../platform/ports.ts';

/** Nobody had anything to send for so long: the next time is after the next question. Longer than messages are gathered for. */
const quietMs = 12_000;

/** And so long at most: who says something every few seconds would never come to an end. */
const longestMs = 10 * 60_000;

/** For a while after a question was answered, what applications have to say goes out as well. */
export class Outlet {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #onChange: (isOpen: boolean) => void;
  #quiet: Disposable | undefined;
  #longest: Disposable | undefined;

  constructor(clock: Pick<Clock, 'after'>, onChange: (isOpen: boolean) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  get isOpen(): boolean {
    return this.#longest !== undefined;
  }

  /** A question was answered. */
  open(): void {
    const wasOpen = this.isOpen;
    this.#longest ??= this.#clock.after(longestMs, () => this.close());
    this.used();
    if (!wasOpen) this.#onChange(true);
  }

  /** Something goes out. */
  used(): void {
    this.#quiet?.[Symbol.dispose]();
    this.#quiet = this.#clock.after(quietMs, () => this.close());
  }

  /** Nothing goes any more. */
  close(): void {
    if (!this.isOpen) return;
    this.forget();
    this.#onChange(false);
  }

  /** As `close`, and nobody is told. */
  forget(): void {
    for (const timer of [this.#quiet, this.#longest]) timer?.[Symbol.dispose]();
    this.#longest = undefined;
  }
}
