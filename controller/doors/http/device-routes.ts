/** What devices ask over HTTPS, and who would become one. */
import type { HttpHandler, HttpResponse } from '../../../platform/ports.ts';
import type { AuthorizeDevice } from '../../authority/authorization.ts';
import { type EnrolmentAnswer, type EnrolmentRequest, parseEnrolment } from '../../authority/enrolment.ts';
import type { TakePart } from '../part-outcome.ts';
import type { RateLimits } from '../rate-limits.ts';
import { bytesAnswer, emptyAnswer, errorAnswer, jsonAnswer, tooManyAnswer } from './json-answer.ts';
import { parseJson } from './json-body.ts';
import { newsAnswer, type TakeNews } from './news-route.ts';
import { type FillParcel, type ParcelBounds, parcelAnswer } from './parcel-route.ts';
import { challengeAnswer, type RenewalParts, renewalAnswer } from './renewal-routes.ts';
import type { Asked, OpenRoute } from './route.ts';

export interface DeviceParts extends RenewalParts {
  readonly authorize: AuthorizeDevice;
  /** Answers `/sha256/`, `/releases/` and `/tuf/`; who asks was judged before. */
  readonly artifacts: HttpHandler;
  readonly fillParcel: FillParcel;
  /** Without it a parcel is filled for every device as often as it asks. */
  readonly parcelBounds?: ParcelBounds;
  readonly news: TakeNews;
  /** Without it every device is answered as often as it asks. */
  readonly newsLimits?: RateLimits;
  /** Takes a part of a batch of what applications say. */
  readonly messages: TakePart;
  readonly enrol: (request: EnrolmentRequest, address: string) => Promise<EnrolmentAnswer>;
}

async function enrolAnswer(parts: DeviceParts, { request, peer }: Asked): Promise<HttpResponse> {
  const asked = parseEnrolment(parseJson(request.body));
  if (typeof asked === 'string') return errorAnswer(400, 'BAD_REQUEST', asked);
  if (parts.enrolments?.take(asked.device, peer, parts.authorize) === false) {
    const message = 'too many enrolments from this address at once; the next one is judged in a moment';
    return tooManyAnswer(message, 5);
  }
  const answer = await parts.enrol(asked, peer.address);
  if (answer.kind === 'refused') return errorAnswer(403, answer.code, answer.message);
  parts.enrolments?.enrolled(asked.device, peer);
  const { certificate, authority } = answer;
  const mqtt = parts.brokerForAgents?.();
  return jsonAnswer(200, { certificate, authority, ...(mqtt && { mqtt }) });
}

async function messagesAnswer(parts: DeviceParts, { request, peer }: Asked): Promise<HttpResponse> {
  const outcome = await parts.messages(peer.device ?? '', request.body ?? new Uint8Array(0));
  if (outcome.kind === 'too-many')
    return tooManyAnswer('this device sends parts of messages too often', outcome.seconds);
  return outcome.answer === undefined ? emptyAnswer() : bytesAnswer(outcome.answer);
}

/** Files of releases and metadata, which operators may read too. */
function artifactRoutes({ artifacts }: DeviceParts): OpenRoute[] {
  const answer = ({ request, peer, signal }: Asked) => artifacts(request, peer, signal);
  return ['/sha256/*', '/releases/*', '/tuf/*'].flatMap((path) =>
    (['GET', 'HEAD'] as const).map((method) => ({ method, path, for: 'reader' as const, answer })),
  );
}

/** All of them. */
export function deviceRoutes(parts: DeviceParts): OpenRoute[] {
  const { fillParcel, parcelBounds } = parts;
  const post = (path: string, who: OpenRoute['for'], answer: OpenRoute['answer']): OpenRoute => ({
    ...{ method: 'POST', path, for: who, answer },
  });
  return [
    ...artifactRoutes(parts),
    post('/parcel', 'reader', ({ request, peer }) => parcelAnswer(fillParcel, parcelBounds, request, peer)),
    post('/news', 'device', ({ request, peer }) => newsAnswer(parts.news, parts.newsLimits, request, peer)),
    post('/messages', 'device', (asked) => messagesAnswer(parts, asked)),
    post('/enroll', 'anyone', (asked) => enrolAnswer(parts, asked)),
    post('/renew/challenge', 'anyone', () => challengeAnswer(parts)),
    post('/renew', 'anyone', ({ request, peer }) => renewalAnswer(parts, request, peer)),
  ];
}
