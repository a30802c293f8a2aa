import { BitEncoder } from '../coding/range.ts';
import { unboundedWork } from '../work.ts';
import { openCodec } from './open-codec.ts';
import { priors } from './priors.ts';

/** A file as `decodeWhole` reads it. Any file can be coded; a module is coded by its form. */
export const encodeWhole = (file: Uint8Array): Uint8Array => {
  const encoder = new BitEncoder();
  openCodec(encoder, new Uint8Array(file.length), file, priors(), unboundedWork()).code();
  return encoder.finish();
};
