/**
 * Enrolment: a device shows that it holds a key, and gets a certificate when git names this key for its name. The same exchange
 * renews a certificate, also one that expired months ago: it is the key that counts.
 */

import { isObject } from '../../schemas/json-object.ts';
import type { Authority } from './authority.ts';
import { expiryOf } from './authority-ends.ts';
import type { AuthorizeDevice, OnRefusal } from './authorization.ts';
import { CertificateRequestError, type ProvenRequest, proveRequest } from './certificate-request.ts';

/** The body of POST /enroll, as it arrived. */
export interface EnrolmentRequest {
  readonly device: string;
  /** PKCS #10 in PEM. */
  readonly csr: string;
}

/** The answer: both certificates in PEM, or why not. */
export type EnrolmentAnswer =
  | { readonly kind: 'enrolled'; readonly certificate: string; readonly authority: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** Reads the body; a sentence when it is not a request. */
export function parseEnrolment(body: unknown): EnrolmentRequest | string {
  if (!isObject(body)) return 'expected {"device", "csr"}';
  const { device, csr, ...rest } = body;
  if (typeof device !== 'string' || typeof csr !== 'string') return 'expected the strings "device" and "csr"';
  const unknown = Object.keys(rest)[0];
  return unknown === undefined ? { device, csr } : `unknown field ${JSON.stringify(unknown)}`;
}

/** Whether a proven request is one that git asks for. */
export function judgeEnrolment(
  request: EnrolmentRequest,
  proven: Pick<ProvenRequest, 'device' | 'keyFingerprint'>,
  authorize: AuthorizeDevice,
): 'ok' | { readonly code: string; readonly message: string } {
  if (proven.device !== request.device) {
    const message = `the request for ${request.device} has the common name ${proven.device}`;
    return { code: 'CSR_NAME', message };
  }
  return authorize(request.device, proven.keyFingerprint);
}

/** Who signs, who knows, and who is told of refusals. */
export interface EnrolmentOptions {
  readonly authority: Authority;
  readonly authorize: AuthorizeDevice;
  readonly onRefusal: OnRefusal;
  /** Told when a certificate is given that ends at this time. */
  readonly onIssued: (device: string, endsAt: number) => void;
}

/** Answers one request; whoever is refused is seen in status. */
export async function enrol(
  { authority, authorize, onRefusal, onIssued }: EnrolmentOptions,
  request: EnrolmentRequest,
  address: string,
): Promise<EnrolmentAnswer> {
  const refuse = (code: string, message: string, fingerprint?: string): EnrolmentAnswer => {
    const who = fingerprint === undefined ? {} : { keyFingerprint: fingerprint };
    onRefusal({ device: request.device.slice(0, 63), ...who, address, code, message });
    return { kind: 'refused', code, message };
  };
  let proven: ProvenRequest;
  try {
    proven = await proveRequest(request.csr);
  } catch (error) {
    if (error instanceof CertificateRequestError) return refuse(error.code, error.message);
    throw error;
  }
  const verdict = judgeEnrolment(request, proven, authorize);
  if (verdict !== 'ok') return refuse(verdict.code, verdict.message, proven.keyFingerprint);
  const certificate = await authority.issue(proven);
  onIssued(proven.device, expiryOf(certificate));
  return { kind: 'enrolled', certificate, authority: authority.certificate };
}
