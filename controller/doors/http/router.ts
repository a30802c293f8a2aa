/**
 * The controller's HTTPS API: which path is for whom, and who answers it.
 *
 *   GET  /sha256/HEX, /releases/NAME/VERSION.json, /tuf/FILE   a device that git names, or the API token
 *   POST /parcel                                               the same: several of these files in one answer
 *   POST /news, /messages                                      a device that git names
 *   GET  /api/v1/status, /api/v1/changes                       the API token
 *   POST /api/v1/source/accept, /api/v1/rollouts/act,          the API token
 *        /api/v1/bundles, /api/v1/bundles/written,
 *        /api/v1/receipts, /api/v1/receipts/messages
 *   POST /enroll                                               anybody; the answer depends on what git names
 *   POST /renew, /renew/challenge                              anybody; a device that shows that it has its key
 *   POST /hooks/git                                            who signs with the webhook secret
 *   GET  /healthz, /readyz                                     anybody
 */
import type { HttpHandler, HttpRequest, HttpResponse, Peer, PeerOutOfTime } from '../../../platform/ports.ts';
import { carriedMessagesBytesMax } from '../../../schemas/carried-messages.ts';
import type { RevisionStatus } from '../../../schemas/generated/types.ts';
import type { OnRefusal } from '../../authority/authorization.ts';
import { type EnrolmentAnswer, type EnrolmentRequest, parseEnrolment } from '../../authority/enrolment.ts';
import { outdated } from '../../authority/outdated-certificate.ts';
import type { TakePart } from '../part-outcome.ts';
import type { RateLimits } from '../rate-limits.ts';
import { bundleAnswer, type MakeBundle, type NoteBundle, writtenAnswer } from './bundle-routes.ts';
import { changeFeeds, type FeedParts } from './change-feed.ts';
import { bearsToken, signsBody } from './credentials.ts';
import { bytesAnswer, emptyAnswer, errorAnswer, jsonAnswer, tooManyAnswer } from './json-answer.ts';
import { parseJson } from './json-body.ts';
import { newsAnswer, type TakeNews } from './news-route.ts';
import { type FillParcel, type ParcelBounds, parcelAnswer } from './parcel-route.ts';
import { healthAnswer, type Readiness, readinessAnswer } from './readiness.ts';
import { messagesAnswer, receiptAnswer, type TakeMessages, type TakeReceipt } from './receipt-routes.ts';
import { challengeAnswer, type RenewalParts, renewalAnswer } from './renewal-routes.ts';
import { type ActOnRollout, actAnswer } from './rollout-routes.ts';
import { type StatusParts, statusAnswer } from './status-routes.ts';

/** Of the body of a request. A webhook that is longer is not needed: the next poll sees the same push. */
export const bodyBytesMax = 65_536;

const carriedPath = '/api/v1/receipts/messages';

/** How long the body of a request may be: messages that were carried by hand are longer, and only who has the API token brings them. */
export function bodyBytesFor(apiToken: string): (head: Pick<HttpRequest, 'url' | 'headers'>) => number {
  return ({ url, headers }) =>
    url === carriedPath && bearsToken(headers.authorization, apiToken) ? carriedMessagesBytesMax : bodyBytesMax;
}

/** Of path and query. */
export const urlCharactersMax = 2048;

/** What became of an operator's wish to take a commit. */
export type RevisionAcceptance =
  | { readonly kind: 'accepted'; readonly revision: RevisionStatus }
  | { readonly kind: 'not-held'; readonly message: string };

/** The other rooms, as far as they answer requests. */
export interface ApiParts extends FeedParts, RenewalParts, Pick<StatusParts, 'status'> {
  /** Answers `/sha256/`, `/releases/` and `/tuf/`; who asks was judged before. */
  readonly artifacts: HttpHandler;
  readonly fillParcel: FillParcel;
  /** Without it a parcel is filled for every device as often as it asks. */
  readonly parcelBounds?: ParcelBounds;
  readonly news: TakeNews;
  /** Takes a part of a batch of what applications say. */
  readonly messages: TakePart;
  /** Without it every device is answered as often as it asks. */
  readonly newsLimits?: RateLimits;
  /** Takes a commit that is held back, named by its id or the beginning of it. */
  readonly acceptRevision: (name: string) => Promise<RevisionAcceptance>;
  readonly actOnRollout: ActOnRollout;
  readonly makeBundle: MakeBundle;
  readonly noteBundle: NoteBundle;
  readonly takeReceipt: TakeReceipt;
  readonly takeMessages: TakeMessages;
  readonly enrol: (request: EnrolmentRequest, address: string) => Promise<EnrolmentAnswer>;
  /** Looks at the git remote soon. Calling it often is the same as calling it once. */
  readonly notifyPush: () => void;
  readonly onRefusal: OnRefusal;
  readonly readiness: () => Readiness;
  readonly apiToken: string;
  /** Without it the webhook is off. */
  readonly webhookSecret?: string;
}

type Route = (request: HttpRequest, peer: Peer, signal: AbortSignal) => HttpResponse | Promise<HttpResponse>;
type Methods = Readonly<Partial<Record<HttpRequest['method'], Route>>>;

const unauthorized = (message: string): HttpResponse =>
  errorAnswer(401, 'UNAUTHORIZED', message, { 'www-authenticate': 'Bearer' });

/** Lets a request through to `route` when it has the API token. */
function forToken(parts: ApiParts, route: Route): Route {
  return (request, peer, signal) => {
    if (bearsToken(request.headers.authorization, parts.apiToken)) return route(request, peer, signal);
    return unauthorized('the API token is missing or not the right one');
  };
}

/** Says to a device that git names why its certificate does not count, so that it renews it. */
function refuseOutdated(parts: ApiParts, peer: PeerOutOfTime, address: string): HttpResponse {
  const { device, keyFingerprint } = peer;
  const verdict = parts.authorize(device, keyFingerprint);
  const refusal = verdict === 'ok' ? outdated(peer, parts.clock.now()) : verdict;
  // It counts by now.
  if (refusal === undefined) return unauthorized('the certificate of this connection did not count when it began');
  parts.onRefusal({ device, keyFingerprint, address, ...refusal });
  return errorAnswer(verdict === 'ok' ? 401 : 403, refusal.code, refusal.message);
}

/** Lets a request through to `route` when a device that git names makes it. */
function forDevices(parts: ApiParts, route: Route): Route {
  return (request, peer, signal) => {
    const { device, keyFingerprint, address } = peer;
    if (peer.outdated !== undefined) return refuseOutdated(parts, peer.outdated, address);
    if (device === undefined || keyFingerprint === undefined) {
      return unauthorized('a valid device certificate is needed, or the API token where files are asked for');
    }
    const verdict = parts.authorize(device, keyFingerprint);
    if (verdict === 'ok') return route(request, peer, signal);
    parts.onRefusal({ device, keyFingerprint, address, ...verdict });
    return errorAnswer(403, verdict.code, verdict.message);
  };
}

/** As `forDevices`, and when the API token comes with it. */
function forReaders(parts: ApiParts, route: Route): Route {
  const device = forDevices(parts, route);
  return (request, peer, signal) => {
    const isBearer = bearsToken(request.headers.authorization, parts.apiToken);
    return isBearer ? route(request, peer, signal) : device(request, peer, signal);
  };
}

function enrolRoute(parts: ApiParts): Route {
  return async (request, peer) => {
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
  };
}

/** As short as git itself shows ids, and as long as they are. */
const revisionName = /^[0-9a-f]{7,40}$/;

function acceptRoute(parts: ApiParts): Route {
  return async ({ body }) => {
    const asked = parseJson(body) as { readonly revision?: unknown } | null | undefined;
    const revision = asked?.revision;
    if (typeof revision !== 'string' || !revisionName.test(revision))
      return errorAnswer(400, 'BAD_REQUEST', 'revision must be the id of a commit, or at least 7 characters of it');
    const answer = await parts.acceptRevision(revision);
    if (answer.kind === 'not-held') return errorAnswer(409, 'NOT_HELD', answer.message);
    return jsonAnswer(202, { revision: answer.revision });
  };
}

/** Nothing in the body of a push is believed, so a replayed one can do no more than make us look. */
function webhookRoute(parts: ApiParts): Route {
  return (request) => {
    if (parts.webhookSecret === undefined)
      return errorAnswer(404, 'HOOK_OFF', 'source.webhookSecret is not configured');
    const body = request.body ?? new Uint8Array();
    if (!signsBody(request.headers['x-hub-signature-256'], body, parts.webhookSecret)) {
      return errorAnswer(401, 'BAD_SIGNATURE', 'X-Hub-Signature-256 does not sign this body with the webhook secret');
    }
    parts.notifyPush();
    return jsonAnswer(202, { accepted: true });
  };
}

function parcelRoute({ fillParcel, parcelBounds }: ApiParts): Route {
  return (request, peer) => parcelAnswer(fillParcel, parcelBounds, request, peer);
}

function messagesRoute(parts: ApiParts): Route {
  return async ({ body = new Uint8Array(0) }, { device = '' }) => {
    const outcome = await parts.messages(device, body);
    if (outcome.kind === 'too-many')
      return tooManyAnswer('this device sends parts of messages too often', outcome.seconds);
    return outcome.answer === undefined ? emptyAnswer() : bytesAnswer(outcome.answer);
  };
}

const artifactPrefixes = ['/sha256/', '/releases/', '/tuf/'];

function routesOf(parts: ApiParts): (path: string) => Methods | undefined {
  const artifacts = forReaders(parts, parts.artifacts);
  const changes = changeFeeds(parts);
  const artifactMethods: Methods = { GET: artifacts, HEAD: artifacts };
  const exact: Readonly<Record<string, Methods>> = {
    '/parcel': { POST: forReaders(parts, parcelRoute(parts)) },
    '/news': { POST: forDevices(parts, (request, peer) => newsAnswer(parts.news, parts.newsLimits, request, peer)) },
    '/messages': { POST: forDevices(parts, messagesRoute(parts)) },
    '/enroll': { POST: enrolRoute(parts) },
    '/renew/challenge': { POST: () => challengeAnswer(parts) },
    '/renew': { POST: (request, peer) => renewalAnswer(parts, request, peer) },
    '/hooks/git': { POST: webhookRoute(parts) },
    '/api/v1/status': { GET: forToken(parts, (request) => statusAnswer(parts, request)) },
    '/api/v1/changes': { GET: forToken(parts, (request, _peer, signal) => changes(request, signal)) },
    '/api/v1/source/accept': { POST: forToken(parts, acceptRoute(parts)) },
    '/api/v1/rollouts/act': { POST: forToken(parts, ({ body }) => actAnswer(parts.actOnRollout, parseJson(body))) },
    '/api/v1/bundles': { POST: forToken(parts, ({ body }) => bundleAnswer(parts.makeBundle, parseJson(body))) },
    '/api/v1/bundles/written': {
      POST: forToken(parts, ({ body }) => writtenAnswer(parts.noteBundle, parseJson(body))),
    },
    '/api/v1/receipts': { POST: forToken(parts, ({ body }) => receiptAnswer(parts.takeReceipt, parseJson(body))) },
    [carriedPath]: { POST: forToken(parts, ({ body }) => messagesAnswer(parts.takeMessages, parseJson(body))) },
    '/healthz': { GET: healthAnswer },
    '/readyz': { GET: () => readinessAnswer(parts.readiness()) },
  };
  return (path) => {
    if (artifactPrefixes.some((prefix) => path.startsWith(prefix))) return artifactMethods;
    return Object.hasOwn(exact, path) ? exact[path] : undefined;
  };
}

/** The API as one handler. */
export function createApi(parts: ApiParts): HttpHandler {
  const find = routesOf(parts);
  const bodyBytesOf = bodyBytesFor(parts.apiToken);
  return async (request, peer, signal) => {
    if (request.url.length > urlCharactersMax) {
      return errorAnswer(414, 'URL_TOO_LONG', `the URL has more than ${urlCharactersMax} characters`);
    }
    const path = request.url.split('?', 1)[0]!;
    const methods = find(path);
    if (methods === undefined) return errorAnswer(404, 'NOT_FOUND', `nothing is at ${path.slice(0, 200)}`);
    const route = methods[request.method];
    if (route === undefined) {
      const allow = Object.keys(methods).join(', ');
      return errorAnswer(405, 'METHOD_NOT_ALLOWED', `${path} takes ${allow}`, { allow });
    }
    const bytesMax = bodyBytesOf(request);
    if ((request.body?.length ?? 0) > bytesMax)
      return errorAnswer(413, 'BODY_TOO_LARGE', `the body has more than ${bytesMax} bytes`);
    return route(request, peer, signal);
  };
}
