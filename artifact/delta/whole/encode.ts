import { BitEncoder } from '../coding/range.ts';
import { unboundedWork } from '../work.ts';
import { WholeCodec } from './codec.ts';
import { Coding } from './coding.ts';
import { Kernel } from './kernel.ts';
import { Model } from './model.ts';
import { priors } from './priors.ts';

/** A file as `decodeWhole` reads it. Any file can be coded; a module is coded by its form. */
export const encodeWhole = (file: Uint8Array): Uint8Array => {
  const encoder = new BitEncoder();
  const model = new Model(new Kernel(file.length, priors(), undefined), encoder, unboundedWork());
  new WholeCodec(new Coding(model, new Uint8Array(file.length), file)).code();
  return encoder.finish();
};
