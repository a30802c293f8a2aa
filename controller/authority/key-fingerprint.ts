/** Keys by their fingerprint, and the identity a certificate claims. */
import { type KeyObject, X509Certificate } from 'node:crypto';
import { keyFingerprint } from '../../schemas/key-fingerprint.ts';

/** The fingerprint of a public key. */
export function fingerprintOfKey(key: KeyObject): string {
  return keyFingerprint(key.export({ type: 'spki', format: 'der' }));
}

/** The same digest in hexadecimal: 64 characters, which is what a serial number in an X.509 name may have. */
export function fingerprintHex(fingerprint: string): string {
  return Buffer.from(fingerprint.slice('SHA256:'.length), 'base64').toString('hex');
}

/** Who a certificate says its holder is. Whether to believe it is decided where the chain is checked. */
export interface CertificateIdentity {
  /** The subject's only common name; absent when it has none or several. */
  readonly commonName?: string;
  readonly keyFingerprint: string;
  /** When it ends, in milliseconds since the epoch. */
  readonly endsAt: number;
}

/** Reads a certificate in DER. */
export function certificateIdentity(der: Uint8Array): CertificateIdentity {
  const certificate = new X509Certificate(der);
  const names = certificate.subject.split('\n').filter((line) => line.startsWith('CN='));
  return {
    ...(names.length === 1 ? { commonName: names[0]!.slice('CN='.length) } : {}),
    keyFingerprint: fingerprintOfKey(certificate.publicKey),
    endsAt: Date.parse(certificate.validTo),
  };
}
