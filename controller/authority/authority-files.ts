/** A key and its certificate as one PEM file, so that a power cut never leaves one without the other. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { type Disk, DiskError } from '../../platform/ports.ts';

/** PEM texts of a private key (PKCS #8) and its certificate. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly certificate: string;
}

const blockPattern = /-----BEGIN ([A-Z ]+)-----[A-Za-z0-9+/=\s]+-----END \1-----\n?/g;

function isPair({ key, certificate }: KeyAndCertificate): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** Reads the pair; `undefined` when there is no file, `damaged` when it does not hold exactly one of each that belong together. */
export function readPair(disk: Disk, path: string): KeyAndCertificate | 'damaged' | undefined {
  let text: string;
  try {
    text = new TextDecoder().decode(disk.readFile(path));
  } catch (error) {
    if (error instanceof DiskError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
  const blocks = [...text.matchAll(blockPattern)];
  const pick = (label: string) => blocks.filter((block) => block[1] === label).map((block) => block[0]);
  const [key, ...moreKeys] = pick('PRIVATE KEY');
  const [certificate, ...moreCertificates] = pick('CERTIFICATE');
  const isOneOfEach = moreKeys.length + moreCertificates.length === 0;
  if (key === undefined || certificate === undefined || !isOneOfEach) return 'damaged';
  return isPair({ key, certificate }) ? { key, certificate } : 'damaged';
}
