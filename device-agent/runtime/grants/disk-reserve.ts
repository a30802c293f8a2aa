/** Left on the device's disk for the agent itself: journal, ledger, reports, metadata, and the start of a download. */
export const reservedBytes = 16 * 2 ** 20;

/** As much is handed out between two looks at the disk. */
const grainBytes = 2 ** 20;

/** What guests may still take of a disk that others fill too. */
export class DiskReserve {
  readonly #freeBytes: () => number;
  /** Of the last look; not handed out yet. */
  #left = 0;

  constructor(freeBytes: () => number) {
    this.#freeBytes = freeBytes;
  }

  /** Hands out up to `bytes`; what it gives is 0 when only the agent's own part is left. */
  take(bytes: number): number {
    if (bytes > this.#left) {
      const room = Math.max(0, this.#freeBytes() - reservedBytes);
      const given = Math.min(bytes, room);
      this.#left = Math.min(grainBytes, room - given);
      return given;
    }
    this.#left -= bytes;
    return bytes;
  }
}
