/**
 * The controller's HTTPS API: which path is for whom, and who answers it.
 *
 *   GET  /sha256/HEX, /releases/NAME/VERSION.json, /tuf/FILE   a device that git names, or a caller
 *   POST /parcel                                               the same: several of these files in one answer
 *   POST /news, /messages                                      a device that git names
 *   ...  /api/v1/...                                           callers, by scope (`operator-routes.ts`)
 *   POST /enroll                                               anybody; the answer depends on what git names
 *   POST /renew, /renew/challenge                              anybody; a device that shows that it has its key
 *   POST /hooks/git                                            who signs with the webhook secret
 *   GET  /, /page/FILE                                         anybody: the page that people look at (`page-routes.ts`)
 *   GET  /metrics                                              callers who may see all
 *   GET  /healthz, /readyz, /readyz/CHECK                      anybody
 */
import type { HttpHandler, HttpRequest, HttpResponse } from '../../../platform/ports.ts';
import { carriedMessagesBytesMax } from '../../../schemas/carried-messages.ts';
import { reaches, type WhoAsks } from '../../access/caller.ts';
import { type AdmitParts, admit } from './admit.ts';
import { signsBody } from './credentials.ts';
import { type DeviceParts, deviceRoutes } from './device-routes.ts';
import { routeFinder } from './find-route.ts';
import { errorAnswer, jsonAnswer } from './json-answer.ts';
import { metricsRoute, type ReadMetrics } from './metrics-route.ts';
import { carriedPath, type OperatorParts, operatorRoutes } from './operator-routes.ts';
import { type PageParts, pageRoutes } from './page-routes.ts';
import { healthAnswer, type Readiness, readinessAnswer } from './readiness.ts';
import type { Asked, OpenRoute, Route } from './route.ts';

/** Of the body of a request. A webhook that is longer is not needed: the next poll sees the same push. */
export const bodyBytesMax = 65_536;

/** How long the body of a request may be: messages that were carried by hand are longer, and only operators bring them. */
export function bodyBytesFor(whoAsks: WhoAsks): (head: Pick<HttpRequest, 'url' | 'headers'>) => number {
  return (head) => {
    const who = head.url === carriedPath ? whoAsks(head) : undefined;
    const bringsMessages = who !== undefined && who.kind !== 'not-let-in' && reaches(who, 'operate');
    return bringsMessages ? carriedMessagesBytesMax : bodyBytesMax;
  };
}

/** Of path and query. */
export const urlCharactersMax = 2048;

/** The other rooms, as far as they answer requests. */
export interface ApiParts extends AdmitParts, DeviceParts, OperatorParts, PageParts {
  readonly clock: OperatorParts['clock'];
  /** Looks at the git remote soon. Calling it often is the same as calling it once. */
  readonly notifyPush: () => void;
  readonly readiness: () => Readiness;
  readonly readMetrics: ReadMetrics;
  /** Without it the webhook is off. */
  readonly webhookSecret?: string;
}

/** Nothing in the body of a push is believed, so a replayed one can do no more than make us look. */
function webhookAnswer(parts: ApiParts, { request }: Asked): HttpResponse {
  if (parts.webhookSecret === undefined) return errorAnswer(404, 'HOOK_OFF', 'source.webhookSecret is not configured');
  const body = request.body ?? new Uint8Array();
  if (!signsBody(request.headers['x-hub-signature-256'], body, parts.webhookSecret)) {
    return errorAnswer(401, 'BAD_SIGNATURE', 'X-Hub-Signature-256 does not sign this body with the webhook secret');
  }
  parts.notifyPush();
  return jsonAnswer(202, { accepted: true });
}

/** All that this door answers. */
function table(parts: ApiParts): Route[] {
  const open = (method: OpenRoute['method'], path: string, answer: OpenRoute['answer']): OpenRoute => ({
    ...{ method, path, for: 'anyone', answer },
  });
  return [
    ...deviceRoutes(parts),
    ...operatorRoutes(parts),
    ...pageRoutes(parts),
    metricsRoute(parts.readMetrics),
    open('POST', '/hooks/git', (asked) => webhookAnswer(parts, asked)),
    open('GET', '/healthz', healthAnswer),
    open('GET', '/readyz', () => readinessAnswer(parts.readiness())),
    open('GET', '/readyz/{check}', ({ params }) => readinessAnswer(parts.readiness(), params.check)),
  ];
}

/** The API as one handler. */
export function createApi(parts: ApiParts): HttpHandler {
  const find = routeFinder(table(parts));
  const bodyBytesOf = bodyBytesFor(parts.whoAsks);
  return async (request, peer, signal) => {
    if (request.url.length > urlCharactersMax) {
      return errorAnswer(414, 'URL_TOO_LONG', `the URL has more than ${urlCharactersMax} characters`);
    }
    const path = request.url.split('?', 1)[0]!;
    const found = find(path);
    if (found === undefined) return errorAnswer(404, 'NOT_FOUND', `nothing is at ${path.slice(0, 200)}`);
    const route = found.routes.find(({ method }) => method === request.method);
    if (route === undefined) {
      const allow = found.routes.map(({ method }) => method).join(', ');
      return errorAnswer(405, 'METHOD_NOT_ALLOWED', `${path} takes ${allow}`, { allow });
    }
    const bytesMax = bodyBytesOf(request);
    if ((request.body?.length ?? 0) > bytesMax)
      return errorAnswer(413, 'BODY_TOO_LARGE', `the body has more than ${bytesMax} bytes`);
    return admit(parts, route, { request, peer, signal, params: found.params });
  };
}
