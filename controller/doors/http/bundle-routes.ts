/** What is carried by hand: `POST /api/v1/bundles`. */
import type { HttpResponse } from '../../../platform/ports.ts';
import type { BundleAnswer, BundleOrder } from '../../../schemas/generated/types.ts';
import { isBundleOrder } from '../../../schemas/generated/validators/bundle-order.js';
import { NothingThere } from '../../view/selection.ts';
import { errorAnswer, jsonAnswer } from './json-answer.ts';

/** Makes what is signed of a bundle; undefined while what it needs can't be read. Rejects with `NothingThere`. */
export type MakeBundle = (
  order: BundleOrder,
) => Promise<BundleAnswer | { readonly code: string; readonly message: string } | undefined>;

/** Answers it; `body` is as it came. */
export async function bundleAnswer(make: MakeBundle, body: unknown): Promise<HttpResponse> {
  if (!isBundleOrder(body))
    return errorAnswer(400, 'BAD_REQUEST', 'days (1 to 90), who, and either site or device say what bundle is made');
  try {
    const made = await make(body);
    if (made === undefined)
      return errorAnswer(503, 'UNAVAILABLE', 'the files can not be read now; ask again in a minute');
    return 'lease' in made ? jsonAnswer(200, made) : errorAnswer(409, made.code, made.message);
  } catch (error) {
    if (error instanceof NothingThere) return errorAnswer(404, 'NOTHING_THERE', error.message);
    throw error;
  }
}
