import { packBrotli } from './brotli.ts';
import { type DeltaMethod, sha256, writeHeader } from './format.ts';
import { encodeModule } from './module/encode.ts';

/** How hard the encoder tries: seconds against bytes. */
export type DeltaEffort = 'fast' | 'balanced' | 'smallest';

/** What a caller may ask of the encoder. */
export type EncodeOptions = {
  readonly effort?: DeltaEffort;
  /** Only methods that a weak device decodes in a few milliseconds a megabyte. */
  readonly light?: boolean;
  /** Told what is being done, and how much of the whole is done, from 0 to 1. */
  readonly progress?: (step: string, done: number) => void;
};

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

type Attempt = { readonly method: DeltaMethod; readonly payload: Uint8Array };

/** The smallest patch this encoder finds that turns the old file into the new one. */
export const encodeDelta = (old: Uint8Array, fresh: Uint8Array, options: EncodeOptions = {}): Uint8Array => {
  const quality = options.effort === 'fast' ? 5 : 11;
  const attempts: Attempt[] = [];
  if (same(old, fresh)) attempts.push({ method: 'same', payload: new Uint8Array() });
  else {
    options.progress?.('brotli', 0);
    attempts.push({ method: 'brotli', payload: packBrotli(fresh, quality) });
    options.progress?.('dictionary', 0.5);
    attempts.push({ method: 'dictionary', payload: packBrotli(fresh, quality, old) });
    options.progress?.('module', 0.7);
    const { effort = 'balanced', light = effort === 'fast' } = options;
    attempts.push(...encodeModule(old, fresh, { effort, quality, light }));
  }
  const best = attempts.reduce((a, b) => (b.payload.length < a.payload.length ? b : a));
  options.progress?.('done', 1);
  const header = writeHeader(best.method, fresh.length, sha256(old), sha256(fresh));
  return Uint8Array.from(Buffer.concat([header, best.payload]));
};
