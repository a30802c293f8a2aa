import { BitDecoder } from '../coding/range.ts';
import type { WorkBudget } from '../work.ts';
import { openCodec } from './open-codec.ts';
import { priors } from './priors.ts';

/** The file of `size` bytes that `encodeWhole` coded. Any bytes decode to some file or are refused: the digest decides. */
export const decodeWhole = (coded: Uint8Array, size: number, work: WorkBudget): Uint8Array => {
  const bytes = new Uint8Array(size);
  openCodec(new BitDecoder(coded), bytes, undefined, priors(), work).code();
  return bytes;
};
