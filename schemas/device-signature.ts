/** What a device signs by its own key to be carried by hand: of each type of bytes its own, so that none stands for another. */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { keyFingerprint } from './key-fingerprint.ts';

/** Of what is signed; `fleet receipt 1` and its like. */
type SignedType = `fleet ${string} ${number}\n`;

/** Both in base64. */
export interface DeviceSignature {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: string;
  /** ECDSA with SHA-256, DER. */
  readonly signature: string;
}

function signedBytes(type: SignedType, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(type), bytes]);
}

/** Signs bytes; `key` is the device's, as PEM. */
export function signAsDevice(type: SignedType, bytes: Uint8Array, key: string): DeviceSignature {
  const publicKey = createPublicKey(createPrivateKey(key)).export({ type: 'spki', format: 'der' });
  return {
    publicKey: publicKey.toString('base64'),
    signature: sign('sha256', signedBytes(type, bytes), key).toString('base64'),
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

/** The fingerprint of the key that is shown, if it signed these bytes; whose key that is, is for git to say. */
export function provenSigner(
  type: SignedType,
  bytes: Uint8Array,
  { publicKey, signature }: DeviceSignature,
): string | undefined {
  const spki = Buffer.from(publicKey, 'base64');
  const key = keyIn(spki);
  const isSigned =
    key !== undefined && verify('sha256', signedBytes(type, bytes), key, Buffer.from(signature, 'base64'));
  return isSigned ? keyFingerprint(spki) : undefined;
}
