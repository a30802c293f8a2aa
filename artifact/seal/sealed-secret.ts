/** Secrets of applications, sealed to the key of one device: what is in the repository, and what travels. */
import { createPrivateKey, createPublicKey, type ECDH } from 'node:crypto';
import { open, type SealContext, seal } from './hpke.ts';

/** Of one secret, unsealed; many travel in one deployment. */
export const secretBytesMax = 4096;

const info = Buffer.from('fleet/v1alpha1 secret');
/** Coordinates of P-256 and its private scalar. */
const coordinateBytes = 32;

/** A copy that was put under another name, or handed to another device, does not open. */
function contextOf(name: string, device: string): SealContext {
  return { info, aad: Buffer.from(`${name}\n${device}`) };
}

function fixed(text: string | undefined): Buffer {
  const bytes = Buffer.from(text ?? '', 'base64url');
  return Buffer.concat([Buffer.alloc(Math.max(0, coordinateBytes - bytes.length)), bytes]);
}

/** The point of a P-256 key given as base64 of its SubjectPublicKeyInfo; undefined when it is none. */
function pointOf(publicKey: string): Uint8Array | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
    const { crv, x, y } = key.export({ format: 'jwk' });
    return crv === 'P-256' ? Buffer.concat([Uint8Array.of(0x04), fixed(x), fixed(y)]) : undefined;
  } catch {
    return undefined;
  }
}

/** Seals a secret for a device, whose key is given as base64 of its SubjectPublicKeyInfo; undefined when that is no P-256 key. */
export function sealSecret(
  secret: { readonly name: string; readonly value: Uint8Array },
  { device, publicKey }: { readonly device: string; readonly publicKey: string },
  ephemeral: ECDH,
): string | undefined {
  const point = pointOf(publicKey);
  return point && seal(point, secret.value, contextOf(secret.name, device), ephemeral).toString('base64');
}

/** Opens what was sealed under this name for this device, with its private key in PEM; undefined when it was not. */
export function openSecret(
  { name, sealed }: { readonly name: string; readonly sealed: string },
  { device, key }: { readonly device: string; readonly key: string },
): Uint8Array | undefined {
  const { d } = createPrivateKey(key).export({ format: 'jwk' });
  return open(fixed(d), Buffer.from(sealed, 'base64'), contextOf(name, device));
}
