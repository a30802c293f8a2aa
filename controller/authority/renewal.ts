/**
 * The second way in, by the key alone: for a device whose certificate does not count, for it was away for too long or a clock is or was wrong. It
 * signs what it was asked a moment ago, and gets what git grants that key anyway: a certificate, and what time it is here.
 */

import { isObject } from '../../schemas/json-object.ts';
import { isProven } from '../../schemas/key-proof.ts';
import type { Authority } from './authority.ts';
import { expiryOf } from './authority-ends.ts';
import type { AuthorizationRefusal, AuthorizeDevice, OnRefusal } from './authorization.ts';
import { CertificateRequestError, type ProvenRequest, proveRequest } from './certificate-request.ts';
import type { Challenges } from './challenges.ts';

/** The body of POST /renew, as it arrived. */
export interface RenewalRequest {
  readonly device: string;
  /** PKCS #10 in PEM. */
  readonly csr: string;
  /** As POST /renew/challenge gave it. */
  readonly challenge: string;
  /** Of the key over all that, base64. */
  readonly signature: string;
}

/** What came of it. Why not, is told to operators alone: a stranger learns by it neither names nor keys. */
export type RenewalAnswer =
  | { readonly kind: 'renewed'; readonly certificate: string; readonly authority: string; readonly time: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'too-many' }
  /** As many challenges were used as are remembered: another will do in a while. */
  | { readonly kind: 'full' };

const fields = ['device', 'csr', 'challenge', 'signature'] as const;

/** Reads the body; undefined when it is not a request. */
export function parseRenewal(body: unknown): RenewalRequest | undefined {
  if (!isObject(body) || Object.keys(body).length !== fields.length) return undefined;
  return fields.every((field) => typeof body[field] === 'string') ? (body as unknown as RenewalRequest) : undefined;
}

/** What is signed of the time: for whom, as the answer to what, and when that was. */
export interface TimeStatement {
  readonly device: string;
  readonly challenge: string;
  /** RFC 3339, UTC. */
  readonly at: string;
}

/** Who signs, who knows, and who is told. */
export interface RenewalOptions {
  readonly challenges: Pick<Challenges, 'counts' | 'spend'>;
  readonly authority: Authority;
  readonly authorize: AuthorizeDevice;
  readonly onRefusal: OnRefusal;
  /** Told when a certificate is given that ends at this time. */
  readonly onIssued: (device: string, endsAt: number) => void;
  /** Signs what time it is, by a key that devices know without a certificate. */
  readonly signTime: (statement: TimeStatement) => string;
  readonly nowMs: () => number;
  /** Whether a device that has proved its key is given another certificate now. */
  readonly mayRenew: (device: string) => boolean;
}

/** The request for a certificate, if its key has signed all of this one; the same work whoever asks under whatever name. */
async function provenIn(asked: RenewalRequest): Promise<ProvenRequest | AuthorizationRefusal> {
  let proven: ProvenRequest;
  try {
    proven = await proveRequest(asked.csr);
  } catch (error) {
    if (error instanceof CertificateRequestError) return { code: error.code, message: error.message };
    throw error;
  }
  const publicKey = Buffer.from(proven.publicKey.rawData).toString('base64');
  const isOfKey = isProven(asked, { publicKey, signature: asked.signature });
  if (isOfKey && proven.device === asked.device) return proven;
  const message = 'what it sent to show that it has its key is not signed by that key';
  return { code: 'PROOF_INVALID', message };
}

const notAsked: AuthorizationRefusal = {
  code: 'CHALLENGE_UNKNOWN',
  message: 'it signed what it was not asked here within the last two minutes, or was answered already',
};

/** Answers one request. */
export async function renew(options: RenewalOptions, asked: RenewalRequest, address: string): Promise<RenewalAnswer> {
  const { authority, authorize, challenges, mayRenew } = options;
  const { device, challenge } = asked;
  const proven = await provenIn(asked);
  const known = 'keyFingerprint' in proven ? { keyFingerprint: proven.keyFingerprint } : {};
  const refuse = (refusal: AuthorizationRefusal): RenewalAnswer => {
    options.onRefusal({ device: device.slice(0, 63), ...known, address, ...refusal });
    return { kind: 'refused' };
  };
  if (!('publicKey' in proven)) return refuse(proven);
  const verdict = authorize(device, proven.keyFingerprint);
  if (verdict !== 'ok') return refuse(verdict);
  if (!challenges.counts(challenge)) return refuse(notAsked);
  // Before it is used up: what is remembered of those is bounded for all, and one key could fill it.
  if (!mayRenew(device)) return { kind: 'too-many' };
  if (!challenges.spend(challenge)) return { kind: 'full' };
  const certificate = await authority.issue(proven);
  options.onIssued(device, expiryOf(certificate));
  const time = options.signTime({ device, challenge, at: new Date(options.nowMs()).toISOString() });
  return { kind: 'renewed', certificate, authority: authority.certificate, time };
}
