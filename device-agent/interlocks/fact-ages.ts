/** The clocks that the age of a fact is judged by, in milliseconds. */
export interface FactClocks {
  /** Since the epoch, by the clock that facts are written by. */
  readonly clockMs: () => number;
  /** As that would be had nobody set it back. */
  readonly latestMs: () => number;
  /** Of a clock that nobody sets. */
  readonly monotonicMs: () => number;
}

/** A fact as it was seen first; the time on the monotonic clock. */
interface First {
  readonly atMs: number;
  readonly ageMs: number;
  readonly seenMs: number;
}

/** So far the time of a fact may lie ahead: file systems round. */
const aheadMsMax = 5_000;

/**
 * How old facts may be at most, over the looks of one gate. A clock that is set back makes none younger: what was there at the first
 * look is as old as it may be, what changed since then is as old as the look before at most.
 */
export class FactAges {
  readonly #firsts = new Map<string, First>();
  /** When facts were looked at last. */
  #lookedMs = Number.NEGATIVE_INFINITY;

  /** Of a fact that says it is of `atMs`. What is of the future was written by another clock: how old it is nobody knows. */
  ageOf(name: string, atMs: number, { clockMs, latestMs, monotonicMs }: FactClocks): number {
    const [shownMs, nowMs] = [clockMs(), monotonicMs()];
    if (atMs > shownMs + aheadMsMax) return Number.POSITIVE_INFINITY;
    const before = this.#firsts.get(name);
    const isSame = before?.atMs === atMs;
    const first = isSame ? before : { atMs, ageMs: Math.min(latestMs() - atMs, nowMs - this.#lookedMs), seenMs: nowMs };
    this.#firsts.set(name, first);
    return Math.max(shownMs - atMs, first.ageMs + nowMs - first.seenMs);
  }

  /** All facts were looked at. */
  looked({ monotonicMs }: FactClocks): void {
    this.#lookedMs = monotonicMs();
  }
}
