/** `POST /renew/challenge` and `POST /renew`: a certificate by the key alone, bounded for each source and each device. */
import type { HttpRequest, HttpResponse, Peer } from '../../../platform/ports.ts';
import type { AuthorizeDevice } from '../../authority/authorization.ts';
import { parseRenewal, type RenewalAnswer, type RenewalRequest } from '../../authority/renewal.ts';
import { RateLimits } from '../rate-limits.ts';
import type { BrokerForAgents } from './broker-for-agents.ts';
import type { EnrolmentLimits } from './enrolment-limits.ts';
import { errorAnswer, jsonAnswer, tooManyAnswer } from './json-answer.ts';
import { parseJson } from './json-body.ts';

/** Who asks and who judges. */
export interface RenewalParts {
  /** Makes what a device has to sign. */
  readonly makeChallenge: () => string;
  readonly renew: (request: RenewalRequest, address: string) => Promise<RenewalAnswer>;
  /** Without it every request is judged. */
  readonly enrolments?: EnrolmentLimits;
  readonly authorize: AuthorizeDevice;
  /** Told to who has a certificate, so that its configuration needs no port by hand. */
  readonly brokerForAgents?: () => BrokerForAgents;
}

/** A device renews once in weeks, and some more often while a clock is wrong. */
const perSecond = 1 / 600;
const burst = 6;
const devicesRemembered = 100_000;
/** As long as a challenge that was used is remembered. */
const fullSeconds = 120;

/** How often each device is given a certificate, over a monotonic clock in milliseconds. */
export function renewalLimits(monotonic: () => number): RateLimits {
  return new RateLimits({ perSecond, burst, rememberedMax: devicesRemembered, monotonic });
}

/** What a device has to sign. */
export function challengeAnswer({ makeChallenge }: RenewalParts): HttpResponse {
  return jsonAnswer(200, { challenge: makeChallenge() });
}

/** Its certificate and what time it is; whoever is refused is told the same. */
export async function renewalAnswer(
  { renew, enrolments, authorize, brokerForAgents }: RenewalParts,
  { body }: HttpRequest,
  peer: Peer,
): Promise<HttpResponse> {
  const asked = parseRenewal(parseJson(body));
  if (asked === undefined)
    return errorAnswer(400, 'BAD_REQUEST', 'expected the strings "device", "csr", "challenge" and "signature"');
  if (enrolments?.take(asked.device, peer, authorize) === false)
    return tooManyAnswer('too many renewals from this address at once; the next one is judged in a moment', 5);
  const answer = await renew(asked, peer.address);
  if (answer.kind === 'refused') {
    const message =
      'the proof is not right, or git does not name this key for this device; `fleet why` there says which';
    return errorAnswer(403, 'KEY_REFUSED', message);
  }
  if (answer.kind === 'too-many') return tooManyAnswer('this device renews too often', 1 / perSecond);
  if (answer.kind === 'full')
    return tooManyAnswer('more devices renew at once than are remembered here; ask for another challenge', fullSeconds);
  enrolments?.enrolled(asked.device, peer);
  const { certificate, authority, time } = answer;
  const mqtt = brokerForAgents?.();
  return jsonAnswer(200, { certificate, authority, time, ...(mqtt && { mqtt }) });
}
