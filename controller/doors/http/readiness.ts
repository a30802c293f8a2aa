/**
 * Whether this controller serves, for load balancers and people: `/healthz` is about the process, `/readyz` about who leads. One
 * that stands by has its HTTPS door open, and says at every other path where to go.
 */
import type { HttpHandler, HttpResponse } from '../../../platform/ports.ts';
import { errorAnswer, jsonAnswer } from './json-answer.ts';

/** Who leads as far as is known, and whether that is this controller, ready for devices. */
export interface Readiness {
  readonly isReady: boolean;
  readonly leader?: { readonly name: string; readonly epoch: number } | undefined;
}

/** The answer of `/healthz`. */
export function healthAnswer(): HttpResponse {
  return jsonAnswer(200, { ok: true });
}

/** The answer of `/readyz`: 200 from the one that leads, 503 from all others. */
export function readinessAnswer({ isReady, leader }: Readiness): HttpResponse {
  return jsonAnswer(isReady ? 200 : 503, { ready: isReady, ...(leader && { leader }) });
}

/** Seconds after which who was turned away may ask again. */
const retryAfter = '5';

/** All that a controller answers before it leads. */
export function standByApi(leaderNow: () => Readiness['leader']): HttpHandler {
  return async ({ method, url }) => {
    const path = url.split('?', 1)[0]!;
    const leader = leaderNow();
    if (method === 'GET' && path === '/healthz') return healthAnswer();
    if (method === 'GET' && path === '/readyz') return readinessAnswer({ isReady: false, leader });
    const who = leader === undefined ? 'no controller leads' : `${leader.name} leads, or is about to`;
    return errorAnswer(503, 'STANDS_BY', `nothing is served here at present: ${who}`, { 'retry-after': retryAfter });
  };
}
