/** Ed25519 keys. A key's id is the SHA-256 of its SubjectPublicKeyInfo (DER) in lower-case hexadecimal, everywhere. */

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { sha256Hex } from '../../schemas/sha256.ts';
import { TrustError } from './error.ts';
import { trustLimits } from './limits.ts';

export interface PublicKey {
  readonly keyId: string;
  readonly key: KeyObject;
}

export interface PrivateKey {
  readonly keyId: string;
  readonly key: KeyObject;
  readonly publicKey: PublicKey;
}

/** Bytes of a seed, of a raw public key; a signature has twice as many. */
export const keyBytes = 32;

/** Bytes of a signature. */
export const signatureBytes = 64;

// What stands before the 32 raw bytes in the DER of RFC 8410.
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The key that 32 bytes of randomness make. */
export function privateKeyFromSeed(seed: Uint8Array): PrivateKey {
  if (seed.length !== keyBytes) throw new RangeError(`a seed has ${keyBytes} bytes, not ${seed.length}`);
  return privateKeyOf(createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' }));
}

/** Reads a PKCS #8 PEM. */
export function parsePrivateKey(pem: string): PrivateKey {
  return privateKeyOf(ed25519(pem, 'private key', () => createPrivateKey(pem)));
}

/** Reads a SubjectPublicKeyInfo PEM. */
export function parsePublicKey(pem: string): PublicKey {
  // createPublicKey also takes private keys and certificates; neither has a place where a public key is asked for.
  if (!pem.trimStart().startsWith('-----BEGIN PUBLIC KEY-----')) {
    throw new TrustError('MALFORMED', 'a public key must be a PEM of type PUBLIC KEY');
  }
  return publicKeyOf(ed25519(pem, 'public key', () => createPublicKey(pem)));
}

/** The key of 32 raw bytes in hexadecimal, as TUF metadata has it; undefined when it is none. */
export function publicKeyFromHex(hex: string): PublicKey | undefined {
  if (!/^[0-9a-f]{64}$/.test(hex)) return undefined;
  const spki = Buffer.concat([spkiPrefix, Buffer.from(hex, 'hex')]);
  return { keyId: keyIdOf(spki), key: createPublicKey({ key: spki, format: 'der', type: 'spki' }) };
}

/** The 32 raw bytes in hexadecimal. */
export function publicKeyHex({ key }: PublicKey): string {
  return key.export({ format: 'der', type: 'spki' }).subarray(spkiPrefix.length).toString('hex');
}

export function privateKeyPem({ key }: PrivateKey): string {
  return key.export({ format: 'pem', type: 'pkcs8' }) as string;
}

export function publicKeyPem({ key }: PublicKey): string {
  return key.export({ format: 'pem', type: 'spki' }) as string;
}

export function signBytes({ key }: PrivateKey, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, bytes, key));
}

export function verifyBytes({ key }: PublicKey, bytes: Uint8Array, signature: Uint8Array): boolean {
  return signature.length === signatureBytes && verify(null, bytes, key, signature);
}

function ed25519(pem: string, what: string, parse: () => KeyObject): KeyObject {
  if (pem.length > trustLimits.pemBytesMax)
    throw new TrustError('TOO_LARGE', `a ${what} is not ${pem.length} characters long`);
  let key: KeyObject;
  try {
    key = parse();
  } catch (cause) {
    throw new TrustError('MALFORMED', `not a ${what} in PEM`, undefined, { cause });
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new TrustError('MALFORMED', `a ${what} must be Ed25519, this one is ${key.asymmetricKeyType}`);
  }
  return key;
}

function keyIdOf(spki: Uint8Array): string {
  return sha256Hex(spki);
}

function publicKeyOf(key: KeyObject): PublicKey {
  return { keyId: keyIdOf(key.export({ format: 'der', type: 'spki' })), key };
}

function privateKeyOf(key: KeyObject): PrivateKey {
  const publicKey = publicKeyOf(createPublicKey(key));
  return { keyId: publicKey.keyId, key, publicKey };
}
