/** Messages of one channel of a device, carried by hand: signed on the device, proven on shore. */
import { provenSigner, signAsDevice } from './device-signature.ts';
import type { CarriedMessages } from './generated/types.ts';

const type = 'fleet messages 1\n';

/** Of one as JSON: a message of the largest kind fits. */
export const carriedMessagesBytesMax = 512 * 1024;

/** What is signed. */
export type CarriedClaim = Pick<CarriedMessages, 'device' | 'at' | 'follows'> & {
  /** A batch, packed. */
  readonly packed: Uint8Array;
};

/** A line of JSON, and behind it the batch. */
function claimBytes({ device, at, follows, packed }: CarriedClaim): Uint8Array {
  const head = JSON.stringify([device, at, follows?.segment ?? null, follows?.index ?? null]);
  return Buffer.concat([Buffer.from(`${head}\n`), packed]);
}

/** Signs some; `key` is the device's, as PEM. */
export function signMessages(claim: CarriedClaim, key: string): CarriedMessages {
  const { packed, ...rest } = claim;
  return {
    ...{ apiVersion: 'fleet/v1alpha1', kind: 'CarriedMessages', ...rest },
    batch: Buffer.from(packed).toString('base64'),
    ...signAsDevice(type, claimBytes(claim), key),
  };
}

/** What they are, if the key that they show signed them. */
export function proveMessages(
  carried: CarriedMessages,
): { readonly packed: Uint8Array; readonly keyFingerprint: string } | undefined {
  const { device, at, follows, batch, publicKey, signature } = carried;
  const packed = Buffer.from(batch, 'base64');
  const claim = { device, at, packed, ...(follows === undefined ? {} : { follows }) };
  const keyFingerprint = provenSigner(type, claimBytes(claim), { publicKey, signature });
  return keyFingerprint === undefined ? undefined : { packed, keyFingerprint };
}
