/**
 * SSH signatures as `ssh-keygen -Y sign` and git make them (PROTOCOL.sshsig of OpenSSH): ed25519, ECDSA on the NIST curves, RSA.
 *
 *     "SSHSIG" | uint32 1 | string public key | string namespace | string reserved | string hash | string signature
 *
 * What is signed: "SSHSIG" | string namespace | string reserved | string hash | string H(message).
 */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { SshWireReader, wireString } from './ssh-wire.ts';

const magic = 'SSHSIG';
/** Smaller RSA keys sign nothing here, as with OpenSSH's own floor. */
const rsaBytesMin = 256;

export interface SshSignature {
  /** The key in SSH's wire format: what an allowed-signers file lists in base64. */
  readonly publicKey: Buffer;
  readonly keyType: string;
  readonly namespace: string;
  readonly reserved: Buffer;
  readonly hash: 'sha256' | 'sha512';
  readonly algorithm: string;
  readonly signature: Buffer;
}

/** Reads an armored signature; undefined when it is not one that this version understands. */
export function parseSshSignature(armored: string): SshSignature | undefined {
  const body = /^-----BEGIN SSH SIGNATURE-----\s+([A-Za-z0-9+/=\s]+?)\s+-----END SSH SIGNATURE-----\s*$/.exec(
    armored,
  )?.[1];
  if (body === undefined) return undefined;
  try {
    const reader = new SshWireReader(Buffer.from(body, 'base64'));
    if (reader.take(magic.length).toString('latin1') !== magic || reader.uint32() !== 1) return undefined;
    const publicKey = reader.string();
    const namespace = reader.text();
    const reserved = reader.string();
    const hash = reader.text();
    const inner = new SshWireReader(reader.string());
    reader.end();
    const algorithm = inner.text();
    const signature = inner.string();
    inner.end();
    if (hash !== 'sha256' && hash !== 'sha512') return undefined;
    const keyType = new SshWireReader(publicKey).text();
    return { publicKey, keyType, namespace, reserved, hash, algorithm, signature };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

interface EcdsaCurve {
  readonly name: string;
  readonly crv: string;
  readonly hash: string;
  readonly bytes: number;
}

const ecdsaCurves: Readonly<Record<string, EcdsaCurve>> = {
  'ecdsa-sha2-nistp256': { name: 'nistp256', crv: 'P-256', hash: 'sha256', bytes: 32 },
  'ecdsa-sha2-nistp384': { name: 'nistp384', crv: 'P-384', hash: 'sha384', bytes: 48 },
  'ecdsa-sha2-nistp521': { name: 'nistp521', crv: 'P-521', hash: 'sha512', bytes: 66 },
};

const rsaHashes: Readonly<Record<string, string>> = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' };

/** Key types that signatures are checked for. */
export const keyTypes: readonly string[] = ['ssh-ed25519', ...Object.keys(ecdsaCurves), 'ssh-rsa'];

function url64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

function verifyEd25519(key: SshWireReader, { algorithm, signature }: SshSignature, data: Buffer): boolean {
  const point = key.string();
  key.end();
  if (algorithm !== 'ssh-ed25519' || point.length !== 32 || signature.length !== 64) return false;
  return verify(null, data, jwk({ kty: 'OKP', crv: 'Ed25519', x: url64(point) }), signature);
}

function verifyEcdsa(key: SshWireReader, { algorithm, keyType, signature }: SshSignature, data: Buffer): boolean {
  const curve = ecdsaCurves[keyType]!;
  const isCurve = key.text() === curve.name;
  const point = key.string();
  key.end();
  if (!isCurve || algorithm !== keyType || point.length !== 1 + 2 * curve.bytes || point[0] !== 4) return false;
  const reader = new SshWireReader(signature);
  const parts = [reader.integer(), reader.integer()];
  reader.end();
  if (parts.some((part) => part.length > curve.bytes)) return false;
  const fixed = Buffer.concat(parts.map((part) => Buffer.concat([Buffer.alloc(curve.bytes - part.length), part])));
  const x = url64(point.subarray(1, 1 + curve.bytes));
  const y = url64(point.subarray(1 + curve.bytes));
  return verify(curve.hash, data, { key: jwk({ kty: 'EC', crv: curve.crv, x, y }), dsaEncoding: 'ieee-p1363' }, fixed);
}

function verifyRsa(key: SshWireReader, { algorithm, signature }: SshSignature, data: Buffer): boolean {
  const [exponent, modulus] = [key.integer(), key.integer()];
  key.end();
  const hash = rsaHashes[algorithm];
  if (hash === undefined || modulus.length < rsaBytesMin || modulus.length > 2048) return false;
  return verify(hash, data, jwk({ kty: 'RSA', e: url64(exponent), n: url64(modulus) }), signature);
}

function jwk(key: Readonly<Record<string, string>>): KeyObject {
  return createPublicKey({ format: 'jwk', key });
}

/** True when the key in `signature` signed `message` in that namespace. Says nothing of whether the key is trusted. */
export function verifySshSignature(signature: SshSignature, message: Uint8Array): boolean {
  const { publicKey, keyType, namespace, reserved, hash } = signature;
  const digest = createHash(hash).update(message).digest();
  const data = Buffer.concat([
    Buffer.from(magic),
    wireString(namespace),
    wireString(reserved),
    wireString(hash),
    wireString(digest),
  ]);
  try {
    const key = new SshWireReader(publicKey);
    key.string();
    if (keyType === 'ssh-ed25519') return verifyEd25519(key, signature, data);
    if (Object.hasOwn(ecdsaCurves, keyType)) return verifyEcdsa(key, signature, data);
    return keyType === 'ssh-rsa' && verifyRsa(key, signature, data);
  } catch {
    // A key that is no point of its curve, or wire data that ends early: not a signature, whatever the library calls it.
    return false;
  }
}
