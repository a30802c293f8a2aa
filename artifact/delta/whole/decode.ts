import type { WorkBudget } from '../work.ts';
import { WholeCodec } from './codec.ts';
import { Coding } from './coding.ts';
import { Kernel } from './kernel.ts';
import { Model } from './model.ts';
import { priors } from './priors.ts';

/** The file of `size` bytes that `encodeWhole` coded. Any bytes decode to some file or are refused: the digest decides. */
export const decodeWhole = (coded: Uint8Array, size: number, work: WorkBudget): Uint8Array => {
  const bytes = new Uint8Array(size);
  const model = new Model(new Kernel(size, priors(), coded), undefined, work);
  new WholeCodec(new Coding(model, bytes, undefined)).code();
  return bytes;
};
