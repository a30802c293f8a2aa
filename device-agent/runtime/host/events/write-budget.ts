const dayMs = 24 * 3_600_000;

/** Bytes that may be written in a day; the first begins with it. */
export class WriteBudget {
  readonly #bytesMax: number;
  #beganMs: number;
  #bytes = 0;

  constructor(bytesMax: number | undefined, nowMs: number) {
    this.#bytesMax = bytesMax ?? Number.POSITIVE_INFINITY;
    this.#beganMs = nowMs;
  }

  /** Whether so many may be written now, which then counts. */
  spend(bytes: number, nowMs: number): boolean {
    if (nowMs - this.#beganMs >= dayMs) {
      this.#beganMs = nowMs;
      this.#bytes = 0;
    }
    if (this.#bytes + bytes > this.#bytesMax) return false;
    this.#bytes += bytes;
    return true;
  }
}
