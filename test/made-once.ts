/**
 * The smaller forms of modules, made once a process: most tests of the whole shore have the modules of one example, and to
 * make their forms is most of what these tests compute. Whoever asks again gets a copy of what was made of the same bytes.
 */
import { brotliAtOnce, type Compress } from '../controller/publishing/compress.ts';
import { deltaAtOnce, type MakeReleaseDelta } from '../controller/publishing/make-delta.ts';
import { sha256Hex } from '../schemas/sha256.ts';

type Make<T extends readonly unknown[]> = (...from: T) => Promise<Uint8Array>;

/** `make`, which is asked once for all that have the same key. */
export function madeOnce<T extends readonly unknown[]>(make: Make<T>, keyOf: (...from: T) => string): Make<T> {
  const made = new Map<string, Promise<Uint8Array>>();
  return async (...from) => {
    const bytes = made.getOrInsertComputed(keyOf(...from), () => make(...from));
    return (await bytes).slice();
  };
}

/** `brotliAtOnce`, once for the same bytes. */
export const brotliOnce: Compress = madeOnce(brotliAtOnce, sha256Hex);

/** A maker of deltas, once for the same bytes and effort. */
export function deltasOnce(make: MakeReleaseDelta): MakeReleaseDelta {
  return madeOnce(make, (old, fresh, _signal, effort) => [sha256Hex(old), sha256Hex(fresh), effort].join(' '));
}

/** `deltaAtOnce`, once for the same bytes and effort. */
export const deltaOnce = deltasOnce(deltaAtOnce);
