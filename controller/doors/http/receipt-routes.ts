/** What devices said of themselves, and have for the shore, and somebody brought there: `POST /api/v1/receipts`, `/receipts/messages`. */
import type { HttpResponse } from '../../../platform/ports.ts';
import type { MessagesOrder, ReceiptOrder } from '../../../schemas/generated/types.ts';
import { isMessagesOrder } from '../../../schemas/generated/validators/messages-order.js';
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

/** What became of messages: whose they are, and how many the shore did not have, or why they count for nothing. */
export type MessagesOutcome =
  | {
      readonly kind: 'taken';
      readonly device: string;
      readonly application: string;
      readonly channel: string;
      readonly messages: number;
    }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** Takes messages; durable when it resolves. */
export type TakeMessages = (order: MessagesOrder) => Promise<MessagesOutcome>;

/** Answers messages; `body` is as it came. */
export async function messagesAnswer(take: TakeMessages, body: unknown): Promise<HttpResponse> {
  if (!isMessagesOrder(body))
    return errorAnswer(
      400,
      'BAD_REQUEST',
      'messages must be some that a device signed, and who must say who brings them',
    );
  const outcome = await take(body);
  if (outcome.kind === 'refused') return errorAnswer(409, outcome.code, outcome.message);
  const { kind: _taken, ...answer } = outcome;
  return jsonAnswer(200, answer);
}
