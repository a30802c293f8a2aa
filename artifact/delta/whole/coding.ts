import { DeltaError } from '../error.ts';
import { mix } from './hash.ts';
import { kind, selection, widthBase } from './kinds.ts';
import type { Model } from './model.ts';

/** Contexts of what follows the first symbol of a number. */
const digitContextsMax = 6;

/**
 * The new file, symbol by symbol. The encoder has it as `source`; `bytes` is what was coded so far, and all that contexts may be
 * made of.
 */
export class Coding {
  readonly model: Model;
  readonly bytes: Uint8Array;
  readonly source: Uint8Array | undefined;
  at = 0;
  /** Nothing is written there or behind. */
  stop: number;
  /** What the last number was, as far as 32 bits say. */
  value = 0;

  constructor(model: Model, bytes: Uint8Array, source: Uint8Array | undefined) {
    this.model = model;
    this.bytes = bytes;
    this.source = source;
    this.stop = bytes.length;
  }

  /** Codes a symbol in the first `count` contexts of the model. */
  symbol(wanted: number, of: number, selected: number, count: number): number {
    return this.model.symbol(wanted, of, selected, count);
  }

  /** Codes a byte as it is. */
  byte(of: number, selected: number, count: number): number {
    const byte = this.symbol(this.source?.[this.at] ?? 0, of, selected, count);
    this.#put(byte);
    return byte;
  }

  /** Codes a LEB128 number, whatever its width: the width first, then its digits from the highest down. Gives a hash of it. */
  number(of: number, selected: number, count: number): number {
    const start = this.at;
    const symbol = this.symbol(this.#firstWanted(), of, selected, count);
    if (symbol < 128) {
      this.#put(symbol);
      this.value = symbol;
      return symbol;
    }
    const width = symbol - widthBase;
    if (start + width > this.stop) throw new DeltaError('patch-corrupt', 'a number runs over its section');
    this.#digits(start, width, Math.min(count, digitContextsMax));
    this.at = start + width;
    return mix(this.value, width);
  }

  #firstWanted(): number {
    const { source, at } = this;
    if (source === undefined) return 0;
    let width = 1;
    while (source[at + width - 1]! >= 128) width++;
    return width === 1 ? source[at]! : widthBase + width;
  }

  #digits(start: number, width: number, count: number): void {
    const { contexts } = this.model;
    let soFar = mix(width, 77);
    let value = 0;
    for (let left = width - 1; left >= 0; left--) {
      for (let input = 0; input < count; input++) contexts[input] = mix(contexts[input]!, soFar);
      const wanted = (this.source?.[start + left] ?? 0) & 127;
      const of = left === 0 ? kind.lowDigit : kind.highDigit;
      const digit = this.symbol(wanted, of, selection.digit + Math.min(left, 3), count);
      this.bytes[start + left] = left === width - 1 ? digit : digit | 128;
      value = (value << 7) | digit;
      soFar = digit + 256;
    }
    this.value = value;
  }

  #put(byte: number): void {
    if (this.at >= this.stop) throw new DeltaError('patch-corrupt', 'more code than its section has room for');
    this.bytes[this.at++] = byte;
  }
}
