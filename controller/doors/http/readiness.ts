/**
 * Whether this controller serves, for load balancers and people: `/healthz` is about the process, `/readyz` about what it needs: to lead, the
 * branch, a state that takes what is written; `/readyz/leading` and its like about one of them. One that stands by has its HTTPS door
 * open, and says at every other path where to go.
 */
import type { HttpHandler, HttpResponse } from '../../../platform/ports.ts';
import type { SourceStatus } from '../../../schemas/generated/types.ts';
import { errorAnswer, jsonAnswer } from './json-answer.ts';

/** What is looked at. */
export const checkNames = ['leading', 'source', 'state'] as const;

export type CheckName = (typeof checkNames)[number];

/** Why one of them is not as it should be. Strangers read it: nothing of the fleet is in it. */
export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly since?: string;
}

/** Who leads as far as is known, and what is not as it should be. */
export interface Readiness {
  readonly leader?: { readonly name: string; readonly epoch: number } | undefined;
  readonly faults: Readonly<Partial<Record<CheckName, Fault>>>;
}

/** What readiness is told by. */
export interface ReadinessParts {
  readonly isLeading: boolean;
  readonly leader: Readiness['leader'];
  readonly source: Pick<SourceStatus, 'state' | 'since'>;
  /** Of the state, while it can't be used. */
  readonly trouble: { readonly code: string; readonly since: number } | undefined;
}

const standsBy: Fault = {
  code: 'STANDS_BY',
  message: 'this controller does not lead, or can not be certain that it does',
};

/** How a controller that was made to lead is. */
export function readinessOf({ isLeading, leader, source, trouble }: ReadinessParts): Readiness {
  const { state, since } = source;
  const unreached = 'the repository or its branch can not be read; what is in force stays so';
  const unwritten = 'the state does not take what is written, or can not be read; nothing is decided meanwhile';
  const faults: Readiness['faults'] = {
    ...(isLeading ? {} : { leading: standsBy }),
    ...(state === 'unreachable' && {
      source: { code: 'SOURCE_UNREACHABLE', message: unreached, ...(since !== undefined && { since }) },
    }),
    ...(trouble && {
      state: { code: trouble.code, message: unwritten, since: new Date(trouble.since).toISOString() },
    }),
  };
  return { leader, faults };
}

/** The answer of `/healthz`. */
export function healthAnswer(): HttpResponse {
  return jsonAnswer(200, { ok: true });
}

/** The answer of `/readyz`, or of one check: 200 where all that was asked for is as it should be, else 503, with why. */
export function readinessAnswer({ leader, faults }: Readiness, only?: string): HttpResponse {
  const asked = only === undefined ? checkNames : checkNames.filter((name) => name === only);
  if (asked.length === 0)
    return errorAnswer(404, 'NOT_FOUND', `nothing is looked at by this name; there are ${checkNames.join(', ')}`);
  const isReady = asked.every((name) => faults[name] === undefined);
  const checks = Object.fromEntries(asked.map((name) => [name, faults[name] ?? { code: 'OK' }]));
  return jsonAnswer(isReady ? 200 : 503, { ready: isReady, ...(leader && { leader }), checks });
}

/** How one is that does not lead: of the rest it knows nothing. */
export function standByReadiness(leader: Readiness['leader']): Readiness {
  const unknown: Fault = { code: 'NOT_LOOKED_AT', message: 'only a controller that leads looks at it' };
  return { leader, faults: { leading: standsBy, source: unknown, state: unknown } };
}

/** What is at a path that asks how this controller is; undefined at all others. */
export function watchAnswer(path: string, readiness: () => Readiness): HttpResponse | undefined {
  if (path === '/healthz') return healthAnswer();
  if (path === '/readyz') return readinessAnswer(readiness());
  if (path.startsWith('/readyz/')) return readinessAnswer(readiness(), path.slice('/readyz/'.length));
  return undefined;
}

/** Seconds after which who was turned away may ask again. */
const retryAfter = '5';

/** All that a controller answers before it leads. */
export function standByApi(leaderNow: () => Readiness['leader']): HttpHandler {
  return async ({ method, url }) => {
    const path = url.split('?', 1)[0]!;
    const leader = leaderNow();
    const watched = method === 'GET' ? watchAnswer(path, () => standByReadiness(leader)) : undefined;
    if (watched !== undefined) return watched;
    const who = leader === undefined ? 'no controller leads' : `${leader.name} leads, or is about to`;
    return errorAnswer(503, 'STANDS_BY', `nothing is served here at present: ${who}`, { 'retry-after': retryAfter });
  };
}
