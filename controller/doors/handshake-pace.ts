/**
 * How many TLS handshakes may go on at the same time. Each has something to compute whenever the other end has answered, so what
 * is on the way may come due in one round of the event loop: there are fewer after each round that took too long, and one more for each
 * handshake that ended in a short one. Far devices, whose answers take long and come apart, get many, and a crowd nearby few.
 */

/** At first, and at least after rounds that took long for other reasons. */
const placesMin = 64;

/** Milliseconds of a round, from the first handshake that ended in it to its end. */
const roundMsMax = 20;

/** Places for handshakes, by how long the rounds are in which they end. */
export class HandshakePace {
  readonly #placesMax: number;
  #places: number;
  #ended = 0;
  #firstAt = 0;

  constructor(placesMax: number) {
    this.#placesMax = placesMax;
    this.#places = Math.min(placesMin, placesMax);
  }

  get places(): number {
    return this.#places;
  }

  /** One has come to its end, on the monotonic clock. */
  ended(now: number): void {
    if (this.#ended === 0) this.#firstAt = now;
    this.#ended += 1;
  }

  /** The round in which it ended is over. */
  roundOver(now: number): void {
    if (this.#ended === 0) return;
    const isLong = now - this.#firstAt > roundMsMax;
    const places = isLong ? Math.max(placesMin, this.#places >> 1) : this.#places + this.#ended;
    this.#places = Math.min(places, this.#placesMax);
    this.#ended = 0;
  }
}
