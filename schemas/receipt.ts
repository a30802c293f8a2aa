/** What a device says of itself under its own key, carried by hand: signed on the device, proven on shore. */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Receipt } from './generated/types.ts';
import { isObject } from './json-object.ts';
import { keyFingerprint } from './key-fingerprint.ts';

/** What a key of a device signs nothing else under. */
const type = Buffer.from('fleet receipt 1\n');

/** Of a receipt as JSON. */
export const receiptBytesMax = 32 * 1024;

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
  const publicKey = createPublicKey(createPrivateKey(key)).export({ type: 'spki', format: 'der' });
  return {
    ...{ apiVersion: 'fleet/v1alpha1', kind: 'Receipt' },
    publicKey: publicKey.toString('base64'),
    payload: payload.toString('base64'),
    signature: sign('sha256', Buffer.concat([type, payload]), key).toString('base64'),
  };
}

function keyIn(spki: Uint8Array): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), type: 'spki', format: 'der' });
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined;
  } catch {
    return undefined;
  }
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
  const [spki, bytes, signed] = [publicKey, payload, signature].map((text) => Buffer.from(text, 'base64')) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  const key = keyIn(spki);
  if (key === undefined || !verify('sha256', Buffer.concat([type, bytes]), key, signed)) return undefined;
  const claim = claimIn(bytes);
  return claim && { ...claim, keyFingerprint: keyFingerprint(spki) };
}
