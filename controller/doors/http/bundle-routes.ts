/** What is carried by hand: `POST /api/v1/bundles`, and `POST /api/v1/bundles/written` once the file is. */
import type { HttpResponse } from '../../../platform/ports.ts';
import type { BundleAnswer, BundleOrder } from '../../../schemas/generated/types.ts';
import { isBundleOrder } from '../../../schemas/generated/validators/bundle-order.js';
import { isObject } from '../../../schemas/json-object.ts';
import { NothingThere } from '../../view/selection.ts';
import { errorAnswer, jsonAnswer } from './json-answer.ts';

/** Makes what is signed of a bundle; undefined while what it needs can't be read. Rejects with `NothingThere`. */
export type MakeBundle = (
  order: BundleOrder,
) => Promise<BundleAnswer | { readonly code: string; readonly message: string } | undefined>;

/** Puts one on record whose file is written, by the digest of its lease; durable when it resolves. False for one that nobody ordered here. */
export type NoteBundle = (lease: string) => Promise<boolean>;

/** Answers that a file is written; `body` is as it came. */
export async function writtenAnswer(note: NoteBundle, body: unknown): Promise<HttpResponse> {
  const lease = isObject(body) ? body.lease : undefined;
  if (typeof lease !== 'string' || !/^[0-9a-f]{64}$/.test(lease))
    return errorAnswer(400, 'BAD_REQUEST', 'lease must be the SHA-256 of the lease of a bundle, in hexadecimal digits');
  if (await note(lease)) return jsonAnswer(200, { recorded: true });
  const message = 'this controller knows of no such order: it was started since, or too many came after it';
  return errorAnswer(409, 'BUNDLE_NOT_ORDERED', `${message}; make the bundle again`);
}

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
