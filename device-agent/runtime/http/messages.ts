/** What the door for requests, the supervisor and the hosts say to each other; bodies are base64. */
import { isObject } from '../../../schemas/json-object.ts';
import { type Fields, isCount } from '../message-fields.ts';

/** A request as it came in. */
export interface HttpAsk {
  readonly method: string;
  /** Which of its application's routes it met, and what of the path was behind it. */
  readonly route: string;
  readonly pathInfo: string;
  readonly query: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of who asks. */
  readonly address: string;
  readonly serverName: string;
  readonly serverPort: number;
  readonly body: string;
}

/** What became of a request. */
export type HttpAnswer =
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly headers: readonly (readonly [name: string, value: string])[];
      readonly body: string;
    }
  /** `busy`: its queue is full. `absent`: the application does not run. `failed`: it did not end well. `late`: nor in time. */
  | { readonly kind: 'busy' | 'absent' | 'failed' | 'late' };

/** A request for an application, named until the answer. */
export interface Ask {
  readonly kind: 'ask';
  readonly id: number;
  readonly application: string;
  readonly ask: HttpAsk;
}

/** The answer to one. */
export interface Answer {
  readonly kind: 'answer';
  readonly id: number;
  readonly answer: HttpAnswer;
}

/** Which application answers below which path. */
export interface Route {
  readonly route: string;
  readonly application: string;
}

/** Supervisor to door. */
export type ToDoor = { readonly kind: 'routes'; readonly routes: readonly Route[] } | Answer;

/** Door to supervisor; one that can't listen says why and ends. */
export type FromDoor =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'deaf'; readonly message: string }
  /** Requests that found no room, by application; without a name, connections of which nothing was read. */
  | { readonly kind: 'dropped'; readonly counts: Readonly<Record<string, number>> }
  | Ask;

/** Bytes of a request's body, and of an answer's. */
export const askBodyBytesMax = 262_144;
export const answerBytesMax = 2 ** 20;
/** Header fields of either. */
const fieldsMax = 64;
const fieldMax = 16_384;

function isText(value: unknown, max = fieldMax): value is string {
  return typeof value === 'string' && value.length <= max;
}

function isBody(value: unknown, bytesMax: number): value is string {
  return isText(value, Math.ceil(bytesMax / 3) * 4);
}

function parseHeaders(value: unknown): Readonly<Record<string, string>> | undefined {
  if (!isObject(value)) return undefined;
  const entries = Object.entries(value);
  return entries.length <= fieldsMax && entries.every(([name, text]) => isText(name) && isText(text))
    ? Object.fromEntries(entries as [string, string][])
    : undefined;
}

function parseAsk(value: unknown): HttpAsk | undefined {
  if (!isObject(value)) return undefined;
  const { method, route, pathInfo, query, address, serverName, serverPort, body } = value;
  const headers = parseHeaders(value.headers);
  if (headers === undefined || !isCount(serverPort) || !isBody(body, askBodyBytesMax)) return undefined;
  if (!isText(method) || !isText(route) || !isText(pathInfo) || !isText(query)) return undefined;
  if (!isText(address) || !isText(serverName)) return undefined;
  return { method, route, pathInfo, query, headers, address, serverName, serverPort, body };
}

function parseDropped(counts: unknown): FromDoor | undefined {
  if (!isObject(counts) || !Object.values(counts).every(isCount)) return undefined;
  return { kind: 'dropped', counts: counts as Readonly<Record<string, number>> };
}

/** What a door says, rebuilt from its known fields; undefined when it is none of ours. */
export function parseFromDoor(value: unknown): FromDoor | undefined {
  if (!isObject(value)) return undefined;
  if (value.kind === 'listening') return isCount(value.port) ? { kind: 'listening', port: value.port } : undefined;
  if (value.kind === 'deaf') return isText(value.message) ? { kind: 'deaf', message: value.message } : undefined;
  if (value.kind === 'dropped') return parseDropped(value.counts);
  const ask = parseAsk(value.ask);
  if (value.kind !== 'ask' || ask === undefined || !isCount(value.id) || !isText(value.application)) return undefined;
  return { kind: 'ask', id: value.id, application: value.application, ask };
}

const unanswered: ReadonlySet<unknown> = new Set<HttpAnswer['kind']>(['busy', 'absent', 'failed', 'late']);

function isHeader(value: unknown): value is readonly [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((text) => isText(text));
}

function parseHttpAnswer(value: unknown): HttpAnswer | undefined {
  if (!isObject(value)) return undefined;
  const { kind, status, headers, body } = value;
  if (unanswered.has(kind)) return { kind: kind as 'busy' };
  if (kind !== 'response' || !isCount(status) || status < 200 || status > 599) return undefined;
  if (!Array.isArray(headers) || headers.length > fieldsMax || !headers.every(isHeader)) return undefined;
  return isBody(body, answerBytesMax) ? { kind, status, headers, body } : undefined;
}

/** A host's answer, rebuilt from its known fields; undefined when it is none. */
export function parseAnswer({ id, answer }: Fields): Answer | undefined {
  const parsed = parseHttpAnswer(answer);
  return isCount(id) && parsed !== undefined ? { kind: 'answer', id, answer: parsed } : undefined;
}
