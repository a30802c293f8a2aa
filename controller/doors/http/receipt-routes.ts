/** What devices said of themselves and somebody brought ashore: `POST /api/v1/receipts`. */
import type { HttpResponse } from '../../../platform/ports.ts';
import type { ReceiptOrder } from '../../../schemas/generated/types.ts';
import { isReceiptOrder } from '../../../schemas/generated/validators/receipt-order.js';
import { errorAnswer, jsonAnswer } from './json-answer.ts';

/** What became of one: whose it is and when it was made, or why it counts for nothing. */
export type ReceiptOutcome =
  | { readonly kind: 'taken'; readonly device: string; readonly madeAt: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** Takes one; durable when it resolves. */
export type TakeReceipt = (order: ReceiptOrder) => Promise<ReceiptOutcome>;

/** Answers it; `body` is as it came. */
export async function receiptAnswer(take: TakeReceipt, body: unknown): Promise<HttpResponse> {
  if (!isReceiptOrder(body))
    return errorAnswer(400, 'BAD_REQUEST', 'receipt must be one, and who must say who brings it');
  const outcome = await take(body);
  if (outcome.kind === 'refused') return errorAnswer(409, outcome.code, outcome.message);
  return jsonAnswer(200, { device: outcome.device, madeAt: outcome.madeAt });
}
