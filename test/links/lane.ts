/** What a link does to what travels one way; both ways are alike, and know nothing of each other. */
export interface Lane {
  readonly delayMs: number;
  /** Of packets, by chance. */
  readonly lostShare: number;
  readonly bytesPerSecond: number;
  /** So much waits to be sent; what comes while more does is lost. */
  readonly queueMs: number;
}

/** One way of a link over time. */
export class LaneQueue {
  readonly #lane: Lane;
  readonly #fraction: () => number;
  #freeMs = 0;

  /** `fraction` is chance, from 0 to below 1. */
  constructor(lane: Lane, fraction: () => number) {
    this.#lane = lane;
    this.#fraction = fraction;
  }

  /** When a packet that is sent now arrives; undefined where it is lost. Never before one that was sent earlier. */
  arrivalMs(bytes: number, nowMs: number): number | undefined {
    const { delayMs, lostShare, bytesPerSecond, queueMs } = this.#lane;
    const beginMs = Math.max(nowMs, this.#freeMs);
    if (beginMs - nowMs > queueMs) return undefined;
    this.#freeMs = beginMs + (bytes * 1000) / bytesPerSecond;
    return this.#fraction() < lostShare ? undefined : this.#freeMs + delayMs;
  }
}
