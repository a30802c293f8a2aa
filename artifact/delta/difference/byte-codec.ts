import { codeNumber } from '../coding/numbers.ts';
import { mixHash, type Predictor } from '../coding/predictor.ts';
import { DeltaError } from '../error.ts';
import type { Stretch } from './plan.ts';

/** Weight sets of the predictor that bytes use. */
export const byteSets = { numbers: 0, block: 1, same: 2, changed: 12, fresh: 18, total: 24 } as const;

const blockBytes = 32;
const placeBits = 18;

/**
 * Codes a file as stretches along another one. `bytes` holds the old file, then the new one from `start` on; both
 * directions run the same way, the encoder's bytes are read where the decoder's are written.
 */
export class ByteCodec {
  readonly #predictor: Predictor;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #stop: number;
  #out: number;
  /** Whether the latest bytes of a stretch were the old ones, newest lowest: 1 for a change. */
  #history = 0;
  #sinceChange = 0;
  #lastStep = 0;
  /** What became of an old byte between its neighbours: the new byte, plus 256 when known. */
  readonly #became = new Uint16Array(1 << 16);
  readonly #places = new Uint32Array(1 << placeBits);
  #recent = 0;
  #held = 0;

  constructor(predictor: Predictor, bytes: Uint8Array, start: number, stop: number) {
    this.#predictor = predictor;
    this.#bytes = bytes;
    this.#start = start;
    this.#out = start;
    this.#stop = stop;
  }

  /** Codes the whole new file; the encoder passes its plan. */
  code(plan: readonly Stretch[] | undefined): void {
    this.#indexOld();
    let from = 0;
    for (let index = 0; this.#out < this.#stop; index++) {
      const stretch = plan?.[index];
      const length = this.#number(stretch?.length ?? 0, 1);
      if (length > 0) {
        from = this.#seek(from, stretch?.from ?? 0);
        if (from + length > this.#start || this.#out + length > this.#stop) {
          throw new DeltaError('patch-corrupt', 'a stretch runs out of its file');
        }
        this.#along(from, length);
        from += length;
      }
      const fresh = this.#number(stretch?.fresh ?? 0, 2);
      if (fresh > this.#stop - this.#out || length + fresh === 0) {
        throw new DeltaError('patch-corrupt', 'new bytes run out of their file');
      }
      for (let left = fresh; left > 0; left--) this.#freshByte();
      from += fresh;
    }
  }

  #number(value: number, context: number): number {
    return codeNumber(this.#predictor, value, mixHash(0x3a8f, context), byteSets.numbers);
  }

  /** Where the next stretch starts in the old file: mostly about where the last one and what followed it end. */
  #seek(expected: number, wanted: number): number {
    const sign = this.#number(wanted < expected ? 1 : 0, 3);
    const distance = this.#number(Math.abs(wanted - expected), 4 + (sign & 1));
    const at = sign === 1 ? expected - distance : expected + distance;
    if (at < 0 || at >= this.#start || sign > 1)
      throw new DeltaError('patch-corrupt', 'a stretch starts outside the old file');
    return at;
  }

  #along(from: number, length: number): void {
    this.#history = 0;
    this.#sinceChange = 0;
    for (let left = length; left > 0; ) {
      if (left >= blockBytes && this.#sinceChange >= blockBytes >> 1 && this.#block(from)) {
        from += blockBytes;
        left -= blockBytes;
        continue;
      }
      this.#byteAlong(from++);
      left--;
    }
  }

  #block(from: number): boolean {
    const { contexts } = this.#predictor;
    const bytes = this.#bytes;
    let equal = 1;
    for (let at = 0; at < blockBytes && equal === 1; at++) if (bytes[from + at] !== bytes[this.#out + at]) equal = 0;
    const distance = 32 - Math.clz32(this.#sinceChange);
    contexts[0] = mixHash(0xb1, distance);
    contexts[1] = mixHash(mixHash(0xb2, distance), bytes[from]!);
    contexts[2] = mixHash(mixHash(0xb3, bytes[from + 3]!), bytes[from + 7]!);
    if (this.#predictor.flag(equal, 3, byteSets.block, byteSets.block) === 0) {
      this.#sinceChange = 0;
      return false;
    }
    bytes.copyWithin(this.#out, from, from + blockBytes);
    this.#out += blockBytes;
    this.#sinceChange += blockBytes;
    this.#history = 0;
    return true;
  }

  #byteAlong(from: number): void {
    const bytes = this.#bytes;
    const old = bytes[from]!;
    const out = this.#out;
    const slot = mixHash(mixHash(mixHash(bytes[from + 1]!, old), from > 0 ? bytes[from - 1]! : 0), 5) & 0xffff;
    const known = this.#became[slot]!;
    const step4 = from >= 4 ? (bytes[out - 4]! - bytes[from - 4]!) & 255 : 0;
    const same = this.#same(from, known, step4);
    if (same === 1) bytes[out] = old;
    else this.#changed(from, known, step4);
    this.#became[slot] = 256 + bytes[out]!;
    this.#history = ((this.#history << 1) | (1 - same)) & 0xffff;
    this.#out++;
    if (same === 1) this.#sinceChange++;
    else {
      this.#sinceChange = 0;
      this.#lastStep = (bytes[out]! - old) & 255;
      this.#enter();
    }
  }

  #same(from: number, known: number, step4: number): number {
    const { contexts } = this.#predictor;
    const bytes = this.#bytes;
    const old = bytes[from]!;
    const belief = known === 0 ? 0 : (known & 255) === old ? 1 : 2;
    const history = this.#history;
    const distance = Math.min(this.#sinceChange, 40);
    contexts[0] = mixHash(mixHash(0xc1, history & 0xff), belief);
    contexts[1] = mixHash(mixHash(0xc2, history), belief);
    contexts[2] = mixHash(mixHash(mixHash(0xc3, old), bytes[from + 1]!), history & 3);
    contexts[3] = mixHash(mixHash(mixHash(0xc4, old), from > 0 ? bytes[from - 1]! : 0), history & 15);
    contexts[4] = mixHash(mixHash(mixHash(0xc5, step4), this.#lastStep), history & 0x1f);
    contexts[5] = mixHash(mixHash(0xc6, distance), old);
    contexts[6] = mixHash(mixHash(mixHash(mixHash(0xc7, bytes[this.#out - 1]!), old), bytes[from + 1]!), belief);
    const bit = bytes[this.#out] === old ? 1 : 0;
    return this.#predictor.flag(
      bit,
      7,
      byteSets.same + belief * 2 + (history & 1),
      byteSets.same + 6 + (step4 === 0 ? 0 : 1),
    );
  }

  #changed(from: number, known: number, step4: number): void {
    const { contexts, guesses, guessContexts } = this.#predictor;
    const bytes = this.#bytes;
    const old = bytes[from]!;
    const out = this.#out;
    const before = bytes[out - 1]!;
    const step1 = from > 0 ? (before - bytes[from - 1]!) & 255 : 0;
    const history = this.#history & 7;
    contexts[0] = mixHash(0xd1, old);
    contexts[1] = mixHash(mixHash(0xd2, old), this.#lastStep);
    contexts[2] = mixHash(mixHash(0xd3, old), step4);
    contexts[3] = mixHash(mixHash(mixHash(0xd4, old), step1), history);
    contexts[4] = mixHash(mixHash(0xd5, before), bytes[out - 2]!);
    contexts[5] = mixHash(mixHash(mixHash(0xd6, before), old), bytes[from + 1]!);
    contexts[6] = mixHash(mixHash(0xd7, bytes[out - 4]!), old);
    guesses[0] = known === 0 || (known & 255) === old ? -1 : known & 255;
    guessContexts[0] = 0xe1;
    guesses[1] = step4 === 0 ? -1 : (old + step4) & 255;
    guessContexts[1] = mixHash(0xe2, history);
    guesses[2] = this.#lastStep === 0 ? -1 : (old + this.#lastStep) & 255;
    guessContexts[2] = mixHash(0xe3, history);
    guesses[3] = this.#recent > 0 && this.#recent < out ? bytes[this.#recent]! : -1;
    guessContexts[3] = mixHash(0xe4, Math.min(this.#held, 15));
    const set = byteSets.changed + (guesses[0]! < 0 ? 0 : 1) + (step4 === 0 ? 0 : 2);
    bytes[out] = this.#predictor.symbol(bytes[out]!, 8, 7, 4, set, byteSets.changed + 4);
  }

  #freshByte(): void {
    const { contexts, guesses, guessContexts } = this.#predictor;
    const bytes = this.#bytes;
    const out = this.#out;
    let hash = 0xf0;
    for (let order = 0; order < 5; order++) {
      contexts[order] = mixHash(hash, order);
      hash = mixHash(hash, out > order ? bytes[out - order - 1]! : 0);
    }
    contexts[5] = mixHash(mixHash(mixHash(0xf7, bytes[out - 2] ?? 0), bytes[out - 3] ?? 0), bytes[out - 4] ?? 0);
    contexts[6] = mixHash(mixHash(0xf8, bytes[out - 4] ?? 0), bytes[out - 8] ?? 0);
    guesses[0] = this.#recent > 0 && this.#recent < out ? bytes[this.#recent]! : -1;
    guessContexts[0] = mixHash(0xf9, Math.min(this.#held, 24));
    const set = byteSets.fresh + (guesses[0]! < 0 ? 0 : 1 + Math.min(2, this.#held >> 3));
    bytes[out] = this.#predictor.symbol(bytes[out]!, 8, 7, 1, set, byteSets.fresh + 4);
    this.#out++;
    this.#enter();
  }

  #indexOld(): void {
    for (let at = 5; at < this.#start; at++) this.#places[this.#slot(at)] = at;
  }

  /** Follows the guess at what comes next, from where the last five bytes stood before. */
  #enter(): void {
    const out = this.#out;
    if (this.#recent > 0 && this.#bytes[this.#recent] === this.#bytes[out - 1]) {
      this.#recent++;
      this.#held++;
    } else {
      this.#recent = 0;
      this.#held = 0;
    }
    if (out < 6) return;
    const slot = this.#slot(out);
    if (this.#recent === 0) this.#recent = this.#places[slot]!;
    this.#places[slot] = out;
  }

  #slot(end: number): number {
    const bytes = this.#bytes;
    let hash = 0;
    for (let back = 1; back <= 5; back++) hash = Math.imul(hash ^ bytes[end - back]!, 0x9e3779b1);
    return (hash ^ (hash >>> 14)) & ((1 << placeBits) - 1);
  }
}
