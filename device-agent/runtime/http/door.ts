import type { LocalRequest, LocalResponse } from '../../../platform/local-http.ts';
import type { Answer, Ask, HttpAnswer, Route } from './messages.ts';
import { meet } from './route-table.ts';

/** What stands before the path where a client asks as it would ask a proxy, which every server has to take (RFC 9112, 3.2.2). */
const absoluteForm = /^https?:\/\/[^/?]*/i;

/** Requests that may be on their way to applications. */
const underwayMax = 256;

const refusals = {
  'no-route': [404, 'NO_ROUTE', 'no application of this device answers below this path'],
  busy: [503, 'BUSY', 'more requests wait for the application than its queue takes; try again'],
  absent: [503, 'NOT_RUNNING', 'the application does not run now; try again'],
  failed: [502, 'FAILED', 'the application did not answer this request; its log says why'],
  late: [504, 'LATE', 'the application used up what one request may take; its log says why'],
} as const;

function refuse(why: keyof typeof refusals): LocalResponse {
  const [status, code, message] = refusals[why];
  const headers = [
    ['content-type', 'application/json'] as const,
    ...(status === 503 ? [['retry-after', '1'] as const] : []),
  ];
  return { status, headers, body: Buffer.from(`${JSON.stringify({ code, message })}\n`) };
}

function responseOf(answer: HttpAnswer): LocalResponse {
  if (answer.kind !== 'response') return refuse(answer.kind);
  const { status, headers, body } = answer;
  return { status, headers, body: Buffer.from(body, 'base64') };
}

/** Hands requests to applications by their paths, and the answers back. */
export class Door {
  readonly #ask: (ask: Ask) => void;
  readonly #serverName: string;
  readonly #underway = new Map<number, (answer: HttpAnswer) => void>();
  #routes: readonly Route[] = [];
  #lastId = 0;
  port = 0;

  constructor(serverName: string, ask: (ask: Ask) => void) {
    this.#serverName = serverName;
    this.#ask = ask;
  }

  route(routes: readonly Route[]): void {
    this.#routes = routes;
  }

  answered({ id, answer }: Answer): void {
    this.#underway.get(id)?.(answer);
    this.#underway.delete(id);
  }

  async answer({ method, url, headers, body, address }: LocalRequest): Promise<LocalResponse> {
    const [path, ...queries] = url.replace(absoluteForm, '').split('?');
    const met = meet(this.#routes, path || '/');
    if (met === undefined) return refuse('no-route');
    if (this.#underway.size >= underwayMax) return refuse('busy');
    this.#lastId += 1;
    const id = this.#lastId;
    const answered = new Promise<HttpAnswer>((resolve) => this.#underway.set(id, resolve));
    const { route, application, pathInfo } = met;
    const place = { serverName: this.#serverName, serverPort: this.port, address };
    const asked = { method, route, pathInfo, query: queries.join('?'), headers, ...place };
    this.#ask({ kind: 'ask', id, application, ask: { ...asked, body: Buffer.from(body).toString('base64') } });
    return responseOf(await answered);
  }
}
