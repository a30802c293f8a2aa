/** The identity that a certificate claims. */
import { X509Certificate } from 'node:crypto';
import { keyFingerprint } from './key-fingerprint.ts';

/** Who a certificate says its holder is. Whether to believe it is decided where the chain is checked. */
export interface CertificateIdentity {
  /** The subject's only common name; absent when it has none or several. */
  readonly commonName?: string;
  readonly keyFingerprint: string;
  /** From when on it counts, and until when, in milliseconds since the epoch. */
  readonly startsAt: number;
  readonly endsAt: number;
}

/** The only common name of its subject; undefined where it has none or several. */
export function commonNameOf({ subject }: X509Certificate): string | undefined {
  const names = subject.split('\n').filter((line) => line.startsWith('CN='));
  return names.length === 1 ? names[0]!.slice('CN='.length) : undefined;
}

/** Reads a certificate in DER. */
export function certificateIdentity(der: Uint8Array): CertificateIdentity {
  const certificate = new X509Certificate(der);
  const commonName = commonNameOf(certificate);
  return {
    ...(commonName === undefined ? {} : { commonName }),
    keyFingerprint: keyFingerprint(certificate.publicKey.export({ type: 'spki', format: 'der' })),
    startsAt: Date.parse(certificate.validFrom),
    endsAt: Date.parse(certificate.validTo),
  };
}
