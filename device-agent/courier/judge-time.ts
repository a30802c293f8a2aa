import { openEnvelope, timePayloadType } from '../../artifact/trust/dsse.ts';
import { TrustError } from '../../artifact/trust/error.ts';
import type { PublicKey } from '../../artifact/trust/keys.ts';
import { isObject } from '../../schemas/json-object.ts';

/** What time it was by the shore, in milliseconds since the epoch, if who may sign deployments signed that for this device and question. */
export function judgeTime(
  envelope: string,
  keys: readonly PublicKey[],
  asked: { readonly device: string; readonly challenge: string },
): number | undefined {
  try {
    const payload = openEnvelope(envelope, timePayloadType, keys, 1);
    const value: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
    if (!isObject(value) || value.device !== asked.device || value.challenge !== asked.challenge) return undefined;
    const atMs = Date.parse(String(value.at));
    return Number.isNaN(atMs) ? undefined : atMs;
  } catch (error) {
    if (error instanceof TrustError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
