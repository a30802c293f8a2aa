import { DeltaError } from '../error.ts';

/*
The payload of the two methods that rewrite the old module, byte by byte. `u` is an unsigned LEB128 below 2^32.

  both        u size of the maps, u size of the maps as packed, then the maps: see rewrite/maps-format.ts, packed by brotli
  light       the new file, a brotli stream with the rewritten old module as dictionary
  rewritten   u how the rest is coded: 0 brotli, 1 difference
              u offset of the first function body's length in the new file
              u bytes from there to the end of the last function body
              u function bodies
              u bytes of the coded bodies, then these: see code-codec.ts
              all before and behind the bodies, against what the rewritten old module has there: one brotli stream with
              that as dictionary, or a difference, see difference/code.ts
*/

/** How the part of a rewritten file that is no code is coded. */
export const restWays = { brotli: 0, difference: 1 } as const;

/** Reads the numbers and parts of a payload; nothing behind its end. */
export class PayloadReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  number(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new DeltaError('patch-corrupt', 'the patch ends within a number');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new DeltaError('patch-corrupt', 'a number of the patch takes more than five bytes');
  }

  take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new DeltaError('patch-corrupt', 'the patch ends within a part');
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  rest(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }
}

/** The bytes of an unsigned LEB128. */
export const numberBytes = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return bytes;
};
