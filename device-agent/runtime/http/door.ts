import type { LocalRequest, LocalResponse } from '../../../platform/local-http.ts';
import { Entrance } from './entrance.ts';
import type { Answer, Ask, HttpAnswer, Route } from './messages.ts';
import { type RequestTarget, requestTarget } from './request-target.ts';
import { type Met, meet } from './route-table.ts';

const refusals = {
  'no-path': [400, 'NO_PATH', 'the path is none: a part of it decodes to no text, or to one with a slash in it'],
  'no-route': [404, 'NO_ROUTE', 'no application of this device answers below this path'],
  'too-large': [413, 'TOO_LARGE', 'the body is longer than a body may be'],
  busy: [503, 'BUSY', 'more requests wait for the application than there is room for; try again'],
  absent: [503, 'NOT_RUNNING', 'the application does not run now; try again'],
  failed: [502, 'FAILED', 'the application did not answer this request; its log says why'],
  late: [504, 'LATE', 'the application used up what one request may take; its log says why'],
} as const;

/** What a client is told besides: when to come again, or that what it still sends is not read. */
const besides: Readonly<Record<number, readonly [string, string]>> = {
  503: ['retry-after', '1'],
  413: ['connection', 'close'],
};

function refuse(why: keyof typeof refusals): LocalResponse {
  const [status, code, message] = refusals[why];
  const more = besides[status];
  const headers = [['content-type', 'application/json'] as const, ...(more === undefined ? [] : [more])];
  return { status, headers, body: Buffer.from(`${JSON.stringify({ code, message })}\n`) };
}

function responseOf(answer: HttpAnswer): LocalResponse {
  if (answer.kind !== 'response') return refuse(answer.kind);
  const { status, headers, body } = answer;
  return { status, headers, body: Buffer.from(body, 'base64') };
}

/** Whom a door tells. */
export interface DoorPorts {
  ask(ask: Ask): void;
  /** A request for an application found no room. */
  onDropped(application: string): void;
}

/** Hands requests to applications by their paths, and the answers back. */
export class Door {
  readonly #ports: DoorPorts;
  readonly #serverName: string;
  readonly #entrance = new Entrance();
  readonly #underway = new Map<number, (answer: HttpAnswer) => void>();
  #routes: readonly Route[] = [];
  #lastId = 0;
  port = 0;

  constructor(serverName: string, ports: DoorPorts) {
    this.#serverName = serverName;
    this.#ports = ports;
  }

  route(routes: readonly Route[]): void {
    this.#routes = routes;
  }

  answered({ id, answer }: Answer): void {
    this.#underway.get(id)?.(answer);
    this.#underway.delete(id);
  }

  async answer(request: LocalRequest): Promise<LocalResponse> {
    const target = requestTarget(request.url);
    if (target === undefined) return refuse('no-path');
    const met = meet(this.#routes, target.path);
    if (met === undefined) return refuse('no-route');
    using inside = this.#entrance.enter(met.application, request.bodyBytesMax);
    if (inside === undefined) {
      this.#ports.onDropped(met.application);
      return refuse('busy');
    }
    const body = await request.readBody();
    return body === undefined ? refuse('too-large') : responseOf(await this.#asked(request, target, met, body));
  }

  #asked(
    { method, headers, address }: LocalRequest,
    { query }: RequestTarget,
    { route, application, pathInfo }: Met,
    body: Uint8Array,
  ): Promise<HttpAnswer> {
    this.#lastId += 1;
    const id = this.#lastId;
    const answered = new Promise<HttpAnswer>((resolve) => this.#underway.set(id, resolve));
    const place = { serverName: this.#serverName, serverPort: this.port, address };
    const ask = { method, route, pathInfo, query, headers, ...place, body: Buffer.from(body).toString('base64') };
    this.#ports.ask({ kind: 'ask', id, application, ask });
    return answered;
  }
}
