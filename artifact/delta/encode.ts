import { applyDelta } from './apply.ts';
import { packBrotli } from './brotli.ts';
import { encodeDifference } from './difference/code.ts';
import { DeltaError } from './error.ts';
import { type DeltaMethod, sha256, writeHeader } from './format.ts';
import { encodeModule } from './module/encode.ts';
import { encodeWhole } from './whole/encode.ts';

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

/** A payload and how it is coded. */
export type Attempt = { readonly method: DeltaMethod; readonly payload: Uint8Array };

// A quick try that is larger than the best so far by more than this is not worth a slow one.
const hopeless = 1.3;
const quickQuality = 5;
const differenceBytesMax = 4 * 1024 * 1024;

/** The smallest patch this encoder finds that turns the old file into the new one; each is applied before it is given. */
export const encodeDelta = (old: Uint8Array, fresh: Uint8Array, options: EncodeOptions = {}): Uint8Array => {
  const digests = [sha256(old), sha256(fresh)] as const;
  const attempts = allAttempts(old, fresh, options).sort((a, b) => a.payload.length - b.payload.length);
  options.progress?.('verify', 0.95);
  for (const { method, payload } of attempts) {
    const header = writeHeader(method, fresh.length, ...digests);
    const patch = Uint8Array.from(Buffer.concat([header, payload]));
    if (leadsTo(old, patch, digests[1])) {
      options.progress?.('done', 1);
      return patch;
    }
  }
  throw new DeltaError('wrong-result', 'no method leads back to the new file');
};

const leadsTo = (old: Uint8Array, patch: Uint8Array, expected: Uint8Array): boolean => {
  try {
    applyDelta(old, patch, undefined, expected);
    return true;
  } catch (error) {
    if (error instanceof DeltaError) return false;
    throw error;
  }
};

const allAttempts = (old: Uint8Array, fresh: Uint8Array, options: EncodeOptions): Attempt[] => {
  const { effort = 'balanced', light = false, progress } = options;
  if (Buffer.compare(old, fresh) === 0) return [{ method: 'same', payload: new Uint8Array() }];
  const quality = effort === 'fast' ? 9 : 11;
  progress?.('module', 0);
  if (old.length === 0) return fromNothing(fresh, quality, light || effort === 'fast');
  const attempts: Attempt[] = encodeModule(old, fresh, { effort, quality, light: light || effort === 'fast' });
  progress?.('difference', 0.5);
  // Where a large module could be rewritten, its plain difference has never been the smaller.
  const wanted = effort !== 'fast' && !light && (attempts.length === 0 || fresh.length < differenceBytesMax);
  const difference = wanted ? encodeDifference(old, fresh) : undefined;
  if (difference !== undefined) attempts.push({ method: 'difference', payload: difference });
  progress?.('dictionary', 0.6);
  general(attempts, 'dictionary', effort, (level) => packBrotli(fresh, level, old));
  progress?.('brotli', 0.8);
  general(attempts, 'brotli', effort, (level) => packBrotli(fresh, level));
  return attempts;
};

const fromNothing = (fresh: Uint8Array, quality: number, light: boolean): Attempt[] => {
  const attempts: Attempt[] = [{ method: 'brotli', payload: packBrotli(fresh, quality) }];
  return light ? attempts : [...attempts, { method: 'whole', payload: encodeWhole(fresh) }];
};

// Adds a general way, at full strength only where a quick try came near the best.
const general = (
  attempts: Attempt[],
  method: DeltaMethod,
  effort: DeltaEffort,
  pack: (quality: number) => Uint8Array,
): void => {
  const best = Math.min(...attempts.map(({ payload }) => payload.length));
  const quick = pack(quickQuality);
  attempts.push({ method, payload: quick });
  if (effort !== 'fast' && quick.length < best * hopeless + 1024) attempts.push({ method, payload: pack(11) });
};
