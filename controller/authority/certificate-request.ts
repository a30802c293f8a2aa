/** A device's request for a certificate, read and proven before anybody asks git about it. */
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { keyFingerprint } from '../../schemas/key-fingerprint.ts';
import { keyAlgorithm } from './key-algorithm.ts';

/** Of a request for a certificate, as PEM. */
const requestCharactersMax = 8192;

/** Why a request for a certificate is refused. */
export type CertificateRequestErrorCode = 'CSR_INVALID' | 'CSR_SIGNATURE' | 'CSR_KEY' | 'CSR_NAME';

/** What reading a request throws. */
export class CertificateRequestError extends Error {
  readonly code: CertificateRequestErrorCode;
  constructor(code: CertificateRequestErrorCode, detail: string) {
    super(detail);
    this.name = 'CertificateRequestError';
    this.code = code;
  }
}

/** A request whose sender has proved that it holds the key. */
export interface ProvenRequest {
  readonly device: string;
  readonly keyFingerprint: string;
  readonly publicKey: x509.PublicKey;
}

function parseRequest(pem: string): x509.Pkcs10CertificateRequest {
  if (pem.length > requestCharactersMax) {
    throw new CertificateRequestError('CSR_INVALID', `the request has more than ${requestCharactersMax} characters`);
  }
  try {
    return new x509.Pkcs10CertificateRequest(pem);
  } catch (error) {
    throw new CertificateRequestError('CSR_INVALID', `not a PKCS #10 request in PEM: ${String(error)}`);
  }
}

/** Reads a PKCS #10 request: its own signature must verify, its key be ECDSA P-256, its subject one common name. */
export async function proveRequest(pem: string): Promise<ProvenRequest> {
  const request = parseRequest(pem);
  const asked = request.publicKey.algorithm as { name: string; namedCurve?: string };
  if (asked.name !== keyAlgorithm.name || asked.namedCurve !== keyAlgorithm.namedCurve) {
    const seen = `${asked.name} ${asked.namedCurve ?? ''}`.trim();
    throw new CertificateRequestError('CSR_KEY', `the key must be ECDSA P-256, this one is ${seen}`);
  }
  const proven = await request.verify().catch(() => false);
  if (!proven) throw new CertificateRequestError('CSR_SIGNATURE', 'the request is not signed by the key it asks for');
  const [device, ...more] = request.subjectName.getField('CN');
  if (device === undefined || more.length > 0) {
    throw new CertificateRequestError('CSR_NAME', `the subject must have one common name, not ${request.subject}`);
  }
  const fingerprint = keyFingerprint(new Uint8Array(request.publicKey.rawData));
  return { device, keyFingerprint: fingerprint, publicKey: request.publicKey };
}
