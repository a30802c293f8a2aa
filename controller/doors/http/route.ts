/** What a route of the HTTPS door is: for whom, at which path, and who answers it. */
import type { HttpRequest, HttpResponse, Peer } from '../../../platform/ports.ts';
import type { Caller, Scope } from '../../access/caller.ts';

/** A request that was let through to its route. */
export interface Asked {
  readonly request: HttpRequest;
  readonly peer: Peer;
  /** Aborted when who asks has gone. */
  readonly signal: AbortSignal;
  /** What stands in the path for the names in braces, decoded. */
  readonly params: Readonly<Record<string, string>>;
}

/** As `Asked`, of somebody whose scope reaches what the route needs. */
export interface AskedByCaller extends Asked {
  readonly caller: Caller;
}

type Answer = HttpResponse | Promise<HttpResponse>;

interface Place {
  readonly method: HttpRequest['method'];
  /** `/api/v1/devices/{name}`, where `{name}` is one segment; `/tuf/*`, all that begins so. */
  readonly path: string;
}

/** For people and programs, who show a token or a session. */
export interface CallerRoute extends Place {
  readonly for: Scope;
  /** What the audit calls it; its path without. */
  readonly operation?: string;
  /** It judges itself what of a fleet or site a caller sees or does; to all others only who is not limited is let through. */
  readonly judgesLimits?: true;
  readonly answer: (asked: AskedByCaller) => Answer;
}

/** device: one that git names; reader: such a device, or a caller of scope view; anyone: who is judged by the route alone. */
export interface OpenRoute extends Place {
  readonly for: 'anyone' | 'device' | 'reader';
  readonly answer: (asked: Asked) => Answer;
}

export type Route = CallerRoute | OpenRoute;

/** The query of a request. */
export function queryOf({ url }: Pick<HttpRequest, 'url'>): URLSearchParams {
  const cut = url.indexOf('?');
  return new URLSearchParams(cut === -1 ? '' : url.slice(cut + 1));
}
