import { type BitCoder, BitEncoder } from '../../artifact/delta/coding/range.ts';

/** Decides for the decoder: whether the less likely bit comes next. */
export type Surprise = () => boolean;

/**
 * A coder that a decoder reads from and that chooses what it reads: mostly the likelier bit, which takes nearly no bytes.
 * What it chose is written down, and is a coded stream that leads every decoder the same way.
 */
export class SteeredCoder implements BitCoder {
  readonly #encoder = new BitEncoder();
  readonly #surprise: Surprise;
  readonly #bytesMax: number;

  constructor(surprise: Surprise, bytesMax: number) {
    this.#surprise = surprise;
    this.#bytesMax = bytesMax;
  }

  code(_bit: number, oneChance: number): number {
    const likely = oneChance < 32768 ? 0 : 1;
    // A stream near its end has no bytes left for surprises.
    const turns = this.#encoder.length < this.#bytesMax && this.#surprise();
    return this.#encoder.code(turns ? 1 - likely : likely, oneChance);
  }

  /** What was chosen, cut where it is longer than allowed. */
  coded(): Uint8Array {
    return this.#encoder.finish().subarray(0, this.#bytesMax);
  }
}
