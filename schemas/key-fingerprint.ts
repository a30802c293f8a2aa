/** How git names a device's key. */
import { createHash } from 'node:crypto';

/** `SHA256:` and base64 of the SHA-256 of a SubjectPublicKeyInfo in DER. */
export function keyFingerprint(subjectPublicKeyInfo: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(subjectPublicKeyInfo).digest('base64')}`;
}

/** A fingerprint without the padding of its base64, which a manifest may leave out: so it is compared. */
export function bareFingerprint(fingerprint: string): string {
  return fingerprint.endsWith('=') ? fingerprint.slice(0, -1) : fingerprint;
}
