/** Long work beside others: how long one may go on before everybody else has a turn. */
import type { Clock } from './ports.ts';

/** A turn takes at most this long, so that the event loop is free again soon. */
const turnMs = 15;

export class Turn {
  readonly #clock: Clock;
  #end: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#end = clock.monotonic() + turnMs;
  }

  readonly isOver = (): boolean => this.#clock.monotonic() >= this.#end;

  /** Everybody else first; then a turn begins. */
  readonly pause = async (): Promise<void> => {
    await this.#clock.sleep(0);
    this.#end = this.#clock.monotonic() + turnMs;
  };

  /** Goes on at once while the turn is not over. */
  readonly rest = async (): Promise<void> => {
    if (this.isOver()) await this.pause();
  };
}
