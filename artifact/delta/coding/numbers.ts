import { DeltaError } from '../error.ts';
import { mixHash, type Predictor } from './predictor.ts';

/** Codes a number of up to 31 bits: how many bits it has, then the bits, the upper ones by what came before them. */
export const codeNumber = (predictor: Predictor, value: number, context: number, set: number): number => {
  const wanted = 32 - Math.clz32(value + 1);
  let bits = 1;
  for (; ; bits++) {
    if (bits > 31) throw new DeltaError('patch-corrupt', 'a number of more than 31 bits');
    predictor.contexts[0] = mixHash(context, bits);
    if (predictor.flag(wanted > bits ? 1 : 0, 1, set, set) === 0) break;
  }
  let number = 1;
  for (let left = bits - 2; left >= 0; left--) {
    predictor.contexts[0] = mixHash(mixHash(context, 100 + bits), bits - left < 5 ? number : -left);
    number = (number << 1) | predictor.flag(((value + 1) >> left) & 1, 1, set, set);
  }
  return number - 1;
};
