import { type Disk, DiskError } from '../../platform/ports.ts';
import { DoubleSlot } from '../storage/double-slot.ts';

/** Numbers that only grow and must not start again after a power cut. */
interface Entries {
  readonly timeFloorMs: number;
  readonly bytesReceived: number;
  /** Every report counter below this may have been used. */
  readonly counterCeiling: number;
}

/** How many report counters one write reserves. */
const counterBatch = 64;

/** Bytes received are written once this many came together, so that a trickle does not wear the flash. */
const bytesBatch = 64 * 1024;

/** The slot that was lost may have reserved one batch of counters more; a counter must not be used twice. */
function afterLoss(left: Entries): Entries {
  return { ...left, counterCeiling: left.counterCeiling + counterBatch };
}

/** The agent's time floor, its report counter and the bytes it took, across restarts. */
export class Ledger {
  readonly #slot: DoubleSlot<Entries>;
  #stored: Entries;
  #bytesReceived: number;
  #nextCounter: number;

  /**
   * At each start reports are counted from the clock on, if that is more: a device whose memory was wiped, or restored from
   * an image, counts above what it counted before, so that the shore does not take its reports for old ones.
   */
  constructor(disk: Disk, directory: string, nowMs: number) {
    const { slot, value } = DoubleSlot.openMended<Entries>(disk, `${directory}/ledger`, afterLoss);
    this.#slot = slot;
    this.#stored = value ?? { timeFloorMs: 0, bytesReceived: 0, counterCeiling: 1 };
    this.#bytesReceived = this.#stored.bytesReceived;
    this.#nextCounter = Math.max(this.#stored.counterCeiling, Math.floor(nowMs));
  }

  /** Writes what rotted of it anew. */
  mend(): void {
    this.#slot.mend(this.#stored);
  }

  #store(change: Partial<Entries>): void {
    const next = { ...this.#stored, bytesReceived: this.#bytesReceived, ...change };
    this.#slot.write(next);
    this.#stored = next;
  }

  get timeFloorMs(): number {
    return this.#stored.timeFloorMs;
  }

  /** Time was at least this, as something signed has shown. */
  raiseTimeFloor(signedMs: number): void {
    if (signedMs > this.#stored.timeFloorMs) this.#store({ timeFloorMs: signedMs });
  }

  get bytesReceived(): number {
    return this.#bytesReceived;
  }

  countBytes(bytes: number): void {
    this.#bytesReceived += bytes;
    if (this.#bytesReceived - this.#stored.bytesReceived >= bytesBatch) this.#store({});
  }

  /** The counter that was handed out last; below that of any report still to come. */
  get lastCounter(): number {
    return this.#nextCounter - 1;
  }

  /**
   * A report counter above every one that was handed out before, in this life or an earlier one. A disk that takes nothing
   * more does not silence the device: then the next life counts on above these as far as the clock is right.
   */
  takeCounter(): number {
    try {
      if (this.#nextCounter >= this.#stored.counterCeiling) {
        this.#store({ counterCeiling: this.#nextCounter + counterBatch });
      }
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
    }
    const counter = this.#nextCounter;
    this.#nextCounter += 1;
    return counter;
  }
}
