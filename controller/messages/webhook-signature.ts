/** Signatures of webhook calls as Standard Webhooks has them: HMAC-SHA-256 over id, time and body. */
import { createHmac } from 'node:crypto';

const secretPrefix = 'whsec_';

/** The headers that let the receiver tell who calls, when, and that nobody changed a byte. `secret` is `whsec_` and base64. */
export function webhookHeaders(
  secret: string,
  id: string,
  nowMs: number,
  body: string,
): Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const key = Buffer.from(secret.slice(secretPrefix.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
