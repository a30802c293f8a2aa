/** Renewal by the key alone: also where the certificate that is there counts no more, or does not count yet. */
import { type HttpResponse, NetworkError } from '../platform/ports.ts';
import { signProof } from '../schemas/key-proof.ts';
import { brokerIn, type Enrolment, type EnrolmentOptions, enrol } from './enrol.ts';
import { certificateRequest } from './enrol-request.ts';
import { jsonAnswer } from './json-answer.ts';

/** Told what the controller signed of the time, as the answer to a challenge that was signed so many milliseconds ago. */
export type HearTime = (envelope: string, challenge: string, askedMsAgo: number) => void;

/** What it needs besides what an enrolment does. */
export interface RenewalByKeyOptions extends EnrolmentOptions {
  readonly hearTime: HearTime;
  /** In milliseconds. */
  readonly monotonic: () => number;
}

const challengeCharactersMax = 200;
const wordsMax = 300;

function say(options: RenewalByKeyOptions, path: string, value: object, signal: AbortSignal): Promise<HttpResponse> {
  const { controller, network } = options;
  const body = new TextEncoder().encode(JSON.stringify(value));
  const headers = { 'content-type': 'application/json' };
  return network.request({ method: 'POST', url: new URL(path, controller).href, headers, body }, signal);
}

function unreachable(message: string): Enrolment {
  return { kind: 'unreachable', message };
}

async function answerChallenge(
  options: RenewalByKeyOptions,
  challenge: string,
  signal: AbortSignal,
): Promise<Enrolment> {
  const { device, controller, identity, hearTime, monotonic } = options;
  const askedMs = monotonic();
  const claim = { device, challenge, csr: certificateRequest(device, identity.key()) };
  const signature = signProof(claim, identity.keyText() ?? '');
  const response = await say(options, '/renew', { ...claim, signature }, signal);
  const { certificate, time, mqtt, code, message } = await jsonAnswer(response);
  if (response.status === 403 && typeof code === 'string' && typeof message === 'string')
    return { kind: 'refused', code, message: message.slice(0, wordsMax) };
  if (response.status !== 200 || typeof certificate !== 'string')
    return unreachable(`the controller answered with status ${response.status}`);
  if (!identity.keep(certificate))
    return unreachable('the controller answered with a certificate for another key, or of another authority');
  if (typeof time === 'string') hearTime(time, challenge, monotonic() - askedMs);
  const broker = brokerIn(mqtt, controller);
  return { kind: 'enrolled', ...(broker && { broker }) };
}

/** Asks once for a certificate in the place of the one that is there; of a controller that knows no such way, as at first. */
export async function renewByKey(options: RenewalByKeyOptions, signal: AbortSignal): Promise<Enrolment> {
  const { device, identity } = options;
  if (identity.otherOwner(device) !== undefined || identity.keyText() === undefined) return enrol(options, signal);
  try {
    const response = await say(options, '/renew/challenge', {}, signal);
    const { challenge } = await jsonAnswer(response);
    if (response.status === 404) return await enrol(options, signal);
    if (response.status !== 200 || typeof challenge !== 'string' || challenge.length > challengeCharactersMax)
      return unreachable(`the controller answered with status ${response.status}`);
    return await answerChallenge(options, challenge, signal);
  } catch (error) {
    if (error instanceof NetworkError) return unreachable(error.message);
    throw error;
  }
}
