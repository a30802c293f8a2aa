import type { Disk } from '../../platform/ports.ts';
import type { LinkCount } from '../links/link-count.ts';
import { DoubleSlot } from '../storage/double-slot.ts';
import { mendIfPossible } from '../storage/mend.ts';

/** What only grows, across restarts. */
export interface Entries {
  readonly timeFloorMs: number;
  readonly bytesReceived: number;
  /** How often an agent was started on it. */
  readonly boots: number;
  /** What went over the links of its site, by name. */
  readonly links: Readonly<Record<string, LinkCount>>;
}

/** Bytes received are written once this many came together, so that a trickle does not wear the flash. */
const bytesBatch = 64 * 1024;

const nothingYet: Entries = { timeFloorMs: 0, bytesReceived: 0, boots: 0, links: {} };

/** What a ledger holds, for who only looks: that is no boot, and nothing is mended. */
export function readLedger(disk: Disk, directory: string): Entries {
  return { ...nothingYet, ...DoubleSlot.open<Entries>(disk, `${directory}/ledger`).value };
}

/** The slot that was lost may have counted one boot more. */
function afterLoss(left: Entries): Entries {
  return { ...nothingYet, ...left, boots: (left.boots ?? 0) + 1 };
}

/** The agent's time floor, its boots, the bytes it took and what went over links, across restarts. */
export class Ledger {
  readonly #slot: DoubleSlot<Entries>;
  #stored: Entries;
  #bytesReceived: number;

  /** Opening it is a boot, and counted; a disk that takes nothing more does not keep the agent from starting. */
  constructor(disk: Disk, directory: string) {
    const { slot, value } = DoubleSlot.openMended<Entries>(disk, `${directory}/ledger`, afterLoss);
    const before = { ...nothingYet, ...value };
    this.#slot = slot;
    this.#stored = { ...before, boots: before.boots + 1 };
    this.#bytesReceived = before.bytesReceived;
    mendIfPossible(() => {
      // At first into both files: one that was never written looks as one that was lost.
      if (value === undefined) slot.write(this.#stored);
      slot.write(this.#stored);
    });
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

  /** Which boot on this state this is, from 1. */
  get bootNumber(): number {
    return this.#stored.boots;
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

  get linkCounts(): Readonly<Record<string, LinkCount>> {
    return this.#stored.links;
  }

  /** False when the disk does not take it now. */
  keepLinkCounts(links: Readonly<Record<string, LinkCount>>): boolean {
    mendIfPossible(() => this.#store({ links }));
    return this.#stored.links === links;
  }

  countBytes(bytes: number): void {
    this.#bytesReceived += bytes;
    if (this.#bytesReceived - this.#stored.bytesReceived >= bytesBatch) this.#store({});
  }
}
