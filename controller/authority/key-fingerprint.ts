/** A fingerprint's digest in hexadecimal: 64 characters, which is what a serial number in an X.509 name may have. */
export function fingerprintHex(fingerprint: string): string {
  return Buffer.from(fingerprint.slice('SHA256:'.length), 'base64').toString('hex');
}
