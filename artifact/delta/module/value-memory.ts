import { mixHash } from '../coding/predictor.ts';

const bits = 16;
const sureMax = 3;

/**
 * Remembers what became of a value of the old code where it was last met, so that a local, a frame offset or a function
 * that was renumbered costs once. It holds positions in the coded bytes, not values: whatever width a number was
 * written with comes back as it was.
 */
export class ValueMemory {
  readonly #keys = new Int32Array(1 << bits);
  readonly #positions = new Uint32Array(1 << bits);
  readonly #sure = new Uint8Array(1 << bits);
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Where the value is written that became of the one with this key; 0 when it was never met. */
  find(key: number): number {
    const slot = key & ((1 << bits) - 1);
    return this.#keys[slot] === key ? this.#positions[slot]! : 0;
  }

  /** How often in a row the memory was right, up to 3. */
  sureness(key: number): number {
    const slot = key & ((1 << bits) - 1);
    return this.#keys[slot] === key ? this.#sure[slot]! : 0;
  }

  /** Notes that the value with this key became the bytes from `start` to `end`. */
  note(key: number, start: number, end: number): void {
    const slot = key & ((1 << bits) - 1);
    if (this.#keys[slot] === key) {
      const known = this.#positions[slot]!;
      let at = 0;
      while (start + at < end && this.#bytes[known + at] === this.#bytes[start + at]) at++;
      if (start + at === end) {
        if (this.#sure[slot]! < sureMax) this.#sure[slot]!++;
        return;
      }
      if (this.#sure[slot]! > 1) {
        this.#sure[slot]! -= 2;
        return;
      }
    }
    this.#keys[slot] = key;
    this.#positions[slot] = start;
    this.#sure[slot] = 0;
  }
}

/** A hash of some bytes. */
export const hashBytes = (bytes: Uint8Array, start: number, end: number, seed: number): number => {
  let hash = seed;
  for (let at = start; at < end; at++) hash = mixHash(hash, bytes[at]!);
  return hash;
};
