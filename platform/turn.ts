/** Long work beside others: how long one may go on before everybody else has a turn. */
import type { Clock } from './ports.ts';

/** A turn takes at most this long where nothing else is said, so that the event loop is free again soon. */
const usualTurnMs = 15;

/** Who pauses goes on one after the other: a round of the event loop has one turn of long work, however much of it is on the way. */
class Rounds {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #isCalling = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  next(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    if (!this.#isCalling) void this.#call();
    return promise;
  }

  async #call(): Promise<void> {
    this.#isCalling = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      await this.#clock.sleep(0);
      next();
    }
    this.#isCalling = false;
  }
}

/** Those of one clock have one event loop. */
const roundsOfClocks = new WeakMap<Clock, Rounds>();

function roundsOf(clock: Clock): Rounds {
  const rounds = roundsOfClocks.get(clock) ?? new Rounds(clock);
  roundsOfClocks.set(clock, rounds);
  return rounds;
}

export class Turn {
  readonly #clock: Clock;
  readonly #rounds: Rounds;
  readonly #turnMs: number;
  #end: number;

  constructor(clock: Clock, turnMs = usualTurnMs) {
    this.#clock = clock;
    this.#turnMs = turnMs;
    this.#rounds = roundsOf(clock);
    this.#end = clock.monotonic() + turnMs;
  }

  readonly isOver = (): boolean => this.#clock.monotonic() >= this.#end;

  /** Everybody else first; then a turn begins. */
  readonly pause = async (): Promise<void> => {
    await this.#rounds.next();
    this.#end = this.#clock.monotonic() + this.#turnMs;
  };

  /** Goes on at once while the turn is not over. */
  readonly rest = async (): Promise<void> => {
    if (this.isOver()) await this.pause();
  };
}
