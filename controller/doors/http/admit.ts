/** Who is let through to a route: by a device's certificate as it counts now, or by what a person or program shows. */
import type { HttpResponse, Peer, PeerOutOfTime } from '../../../platform/ports.ts';
import { type Caller, isUnlimited, type NotLetIn, reaches, type WhoAsks } from '../../access/caller.ts';
import type { AuthorizeDevice, OnRefusal } from '../../authority/authorization.ts';
import { outdated } from '../../authority/outdated-certificate.ts';
import { RateLimits } from '../rate-limits.ts';
import { errorAnswer, tooManyAnswer } from './json-answer.ts';
import { type Recorder, recordDeed, recordRefusal } from './record-deed.ts';
import type { Asked, CallerRoute, Route } from './route.ts';

export interface AdmitParts {
  readonly authorize: AuthorizeDevice;
  readonly onRefusal: OnRefusal;
  readonly clock: { now(): number };
  readonly whoAsks: WhoAsks;
  /** Of callers by name; the controller's own token is asked with as often as it likes. */
  readonly callerLimits?: RateLimits;
  /** Without it nothing is written down. */
  readonly recorder?: Recorder;
}

const unauthorized = (message: string): HttpResponse =>
  errorAnswer(401, 'UNAUTHORIZED', message, { 'www-authenticate': 'Bearer' });

/** Says to a device that git names why its certificate does not count, so that it renews it. */
function refuseOutdated(parts: AdmitParts, peer: PeerOutOfTime, address: string): HttpResponse {
  const { device, keyFingerprint } = peer;
  const verdict = parts.authorize(device, keyFingerprint);
  const refusal = verdict === 'ok' ? outdated(peer, parts.clock.now()) : verdict;
  // It counts by now.
  if (refusal === undefined) return unauthorized('the certificate of this connection did not count when it began');
  parts.onRefusal({ device, keyFingerprint, address, ...refusal });
  return errorAnswer(verdict === 'ok' ? 401 : 403, refusal.code, refusal.message);
}

/** Undefined when it is a device that git names. */
function refuseDevice(parts: AdmitParts, peer: Peer): HttpResponse | undefined {
  const { device, keyFingerprint, address } = peer;
  if (peer.outdated !== undefined) return refuseOutdated(parts, peer.outdated, address);
  if (device === undefined || keyFingerprint === undefined) {
    return unauthorized('a valid device certificate is needed, or the API token where files are asked for');
  }
  const verdict = parts.authorize(device, keyFingerprint);
  if (verdict === 'ok') return undefined;
  parts.onRefusal({ device, keyFingerprint, address, ...verdict });
  return errorAnswer(403, verdict.code, verdict.message);
}

function isCaller(who: ReturnType<WhoAsks>): who is Caller {
  return who !== undefined && who.kind !== 'not-let-in';
}

/** How often a caller may ask: a page that shows a fleet asks a few times a second at most, a script that walks it more for a while. */
export function callerLimits(monotonic: () => number): RateLimits {
  return new RateLimits({ perSecond: 20, burst: 500, rememberedMax: 2000, monotonic });
}

/** Why a caller is not let through to a route; undefined when they are. */
function refuseCaller(
  { callerLimits }: AdmitParts,
  caller: Caller,
  { for: needed, judgesLimits }: CallerRoute,
): HttpResponse | undefined {
  const { name, scope, kind } = caller;
  if (kind !== 'installation' && callerLimits?.take(`${kind} ${name}`) === false)
    return tooManyAnswer(`${name} asks too often: 500 times at once, and 20 times a second from then on`, 1);
  if (!reaches(caller, needed))
    return errorAnswer(403, 'SCOPE_LACKING', `${name} has the scope ${scope}, and this needs ${needed}`);
  if (judgesLimits || isUnlimited(caller)) return undefined;
  return errorAnswer(403, 'LIMITED', `${name} is limited to fleets or sites, and this is about all of them`);
}

function refuseStranger(who: NotLetIn | undefined): HttpResponse {
  if (who === undefined) return unauthorized('the API token is missing or not the right one');
  const { status, code, message, retryAfterSeconds } = who;
  if (status === 429) return tooManyAnswer(message, retryAfterSeconds ?? 1);
  return errorAnswer(status, code, message, status === 401 ? { 'www-authenticate': 'Bearer' } : {});
}

async function forCaller(parts: AdmitParts, route: CallerRoute, asked: Asked): Promise<HttpResponse> {
  const who = parts.whoAsks(asked.request);
  const { recorder } = parts;
  if (!isCaller(who)) return recordRefusal(recorder, undefined, route, asked, refuseStranger(who));
  const refusal = refuseCaller(parts, who, route);
  if (refusal !== undefined) return recordRefusal(recorder, who, route, asked, refusal);
  const answer = await route.answer({ ...asked, caller: who });
  return route.method === 'GET' ? answer : recordDeed(recorder, who, route, asked, answer);
}

/** Whether these headers are of somebody who may see all there is. */
function isReader(parts: AdmitParts, asked: Asked): boolean {
  const who = parts.whoAsks(asked.request);
  return isCaller(who) && isUnlimited(who);
}

/** The answer of a route, or why this request does not get there. */
export async function admit(parts: AdmitParts, route: Route, asked: Asked): Promise<HttpResponse> {
  switch (route.for) {
    case 'anyone':
      return route.answer(asked);
    case 'reader':
      if (isReader(parts, asked)) return route.answer(asked);
      return refuseDevice(parts, asked.peer) ?? route.answer(asked);
    case 'device':
      return refuseDevice(parts, asked.peer) ?? route.answer(asked);
    case 'view':
    case 'operate':
    case 'admin':
      return forCaller(parts, route, asked);
    default:
      return route satisfies never;
  }
}
