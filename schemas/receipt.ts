/** What a device says of itself under its own key, carried by hand: signed on the device, proven on shore. */
import { provenSigner, signAsDevice } from './device-signature.ts';
import type { Receipt } from './generated/types.ts';
import { isObject } from './json-object.ts';

const type = 'fleet receipt 1\n';

/** Of a file with a receipt and the messages that are carried along. */
export const receiptFileBytesMax = 32 * 2 ** 20;

/** What the payload of a receipt says, whoever signed it. */
export interface ClaimedReceipt {
  readonly device: string;
  /** A report, if it is one. */
  readonly report: Readonly<Record<string, unknown>>;
  readonly keyFingerprint: string;
}

/** Signs a report; `key` is the device's, as PEM. */
export function signReceipt(device: string, report: object, key: string): Receipt {
  const payload = Buffer.from(JSON.stringify({ device, report }));
  return {
    ...{ apiVersion: 'fleet/v1alpha1', kind: 'Receipt' },
    payload: payload.toString('base64'),
    ...signAsDevice(type, payload, key),
  };
}

function claimIn(
  payload: Uint8Array,
): { readonly device: string; readonly report: ClaimedReceipt['report'] } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    return undefined;
  }
  if (!isObject(value) || typeof value.device !== 'string' || !isObject(value.report)) return undefined;
  return { device: value.device, report: value.report };
}

/** What a receipt says, if the key that it shows signed it; whose key that is, is for git to say. */
export function proveReceipt({ publicKey, payload, signature }: Receipt): ClaimedReceipt | undefined {
  const bytes = Buffer.from(payload, 'base64');
  const keyFingerprint = provenSigner(type, bytes, { publicKey, signature });
  if (keyFingerprint === undefined) return undefined;
  const claim = claimIn(bytes);
  return claim && { ...claim, keyFingerprint };
}
