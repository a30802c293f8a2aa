/** How long ago devices were heard, counted as they come: whoever asks has the counts of five minutes each added up, not the devices. */
import type { Row } from './row.ts';

const cellMs = 5 * 60_000;

const hourSeconds = 3600;
const daySeconds = 24 * hourSeconds;

/** Ages up to which devices are counted together. */
export const ageBoundsSeconds: readonly number[] = [
  ...[900, hourSeconds, 6 * hourSeconds],
  ...[1, 3, 7, 30, 90, 365].map((days) => days * daySeconds),
];

/** How many devices were heard so long ago, by the bounds, and all ages together. */
export interface AgeCounts {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
}

export class ContactAges {
  /** Devices by the five minutes in which they were heard last. */
  readonly #cells = new Map<number, number>();
  #heard = 0;
  #neverHeard = 0;
  #sumMs = 0;

  /** A device is otherwise than before; `undefined` where it is not there. */
  move(before: Row | undefined, row: Row | undefined): void {
    this.#count(before, -1);
    this.#count(row, 1);
  }

  #count(row: Row | undefined, by: 1 | -1): void {
    // As in tallies, what git does not name does not count.
    if (row === undefined || row.state === 'removed') return;
    const { contactAt: at } = row;
    if (at === undefined) {
      this.#neverHeard += by;
      return;
    }
    this.#heard += by;
    this.#sumMs += by * at;
    const cell = Math.floor(at / cellMs);
    const count = (this.#cells.get(cell) ?? 0) + by;
    if (count === 0) this.#cells.delete(cell);
    else this.#cells.set(cell, count);
  }

  /** Devices that nobody has heard yet. */
  get neverHeard(): number {
    return this.#neverHeard;
  }

  /** Of all that were heard. A device counts by the end of its five minutes, or by now. */
  at(now: number): AgeCounts {
    const bounds = ageBoundsSeconds;
    const counts = new Array<number>(bounds.length + 1).fill(0);
    for (const [cell, count] of this.#cells) {
      const ageSeconds = Math.max(0, now - (cell + 1) * cellMs) / 1000;
      const index = bounds.findIndex((bound) => ageSeconds <= bound);
      counts[index === -1 ? bounds.length : index]! += count;
    }
    return { bounds, counts, sum: Math.max(0, this.#heard * now - this.#sumMs) / 1000 };
  }
}
