import type { BitCoder } from '../coding/range.ts';
import type { WorkBudget } from '../work.ts';
import { WholeCodec } from './codec.ts';
import { Coding } from './coding.ts';
import { kinds } from './kinds.ts';
import { Matches } from './matches.ts';
import { Model } from './model.ts';
import type { Priors } from './priors.ts';

/** Slots, as a power of two, for a file of so many bytes: some sixteen for each, and 8 MB at most. */
const slotBits = (bytes: number): number => Math.max(14, Math.min(22, 36 - Math.clz32(bytes)));

/** A codec over `bytes`, which the decoder fills and the encoder fills from `source`. It learns in the lists of the priors. */
export const openCodec = (
  coder: BitCoder,
  bytes: Uint8Array,
  source: Uint8Array | undefined,
  { learnt, trees }: Priors,
  work: WorkBudget,
): WholeCodec => {
  const model = new Model(coder, slotBits(bytes.length), kinds, learnt, work);
  const matches = new Matches(model, bytes.length);
  return new WholeCodec(new Coding(model, matches, trees, bytes, source));
};
