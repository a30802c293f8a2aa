/** How the forms are made in which a module travels, to tell what they cost: loaded where a device lacks one. */
import { encodeDelta } from '../artifact/delta/encode.ts';
import { nothing } from '../artifact/delta/from-nothing.ts';
import { brotliInBackground } from '../controller/publishing/compress.ts';
import type { FormMakers } from '../controller/publishing/fetch-price.ts';

/** Nobody waits for a turn here. */
export const formMakers: FormMakers = {
  compress: brotliInBackground,
  makeDelta: async (old, fresh, effort) => encodeDelta(old, fresh, { effort }),
  condense: async (fresh) => encodeDelta(nothing, fresh),
};
