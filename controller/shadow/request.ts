/** Reads the payload of a shadow request: bytes from a device, judged before anything is done with them. */
import { unpackReport } from '../../schemas/brief-report.ts';
import { isObject } from '../../schemas/json-object.ts';
import type { Json, JsonObject, ShadowSection } from './document.ts';
import { clientTokenBytesMax, depthMax, requestBytesMax } from './limits.ts';

/** Why a request is refused; codes and messages are those that AWS documents. */
export interface ShadowRejection {
  readonly code: 400 | 403 | 404 | 409 | 413 | 415 | 500;
  readonly message: string;
}

/** `null` clears a section. */
export type SectionChange = JsonObject | null;

/** A request whose every field has been judged. */
export interface ShadowRequest {
  readonly clientToken?: string;
  /** The version the client believes to be current. */
  readonly version?: number;
  readonly desired?: SectionChange;
  readonly reported?: SectionChange;
  /** What was reported before and is not in `reported` goes. */
  readonly replacesReported?: true;
  /** The sum of a report that came as a brief one: its answer is as brief. */
  readonly report?: number;
  /** The sum of the desired state that the asker has, 0 for none: it is answered with what is news to it, and how to report briefly. */
  readonly knows?: number;
}

/** What ties an answer to its request. */
export type AnswerToken = Pick<ShadowRequest, 'clientToken' | 'report'>;

/** What the bytes of a request came to. */
export type ParsedRequest =
  | { readonly kind: 'request'; readonly request: ShadowRequest }
  | { readonly kind: 'rejected'; readonly rejection: ShadowRejection; readonly token: AnswerToken };

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function rejected(code: ShadowRejection['code'], message: string, token: AnswerToken = {}): ParsedRequest {
  return { kind: 'rejected', rejection: { code, message }, token };
}

function readText(payload: Uint8Array): string | undefined {
  try {
    return decoder.decode(payload);
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function readJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** The first rule a value breaks: nesting, a number without end, a null in an array, a key that means a prototype here. */
function flawOf(value: Json, depth: number): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return 'State contains an invalid node';
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > depthMax) return `JSON contains too many levels of nesting; maximum is ${depthMax}`;
  if (Array.isArray(value)) {
    if (value.includes(null)) return 'State contains an invalid node';
  } else if (Object.hasOwn(value, '__proto__')) {
    return 'State contains an invalid node';
  }
  for (const item of Object.values(value) as Json[]) {
    const flaw = flawOf(item, depth + 1);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

const sectionNames: readonly { readonly key: ShadowSection; readonly title: string }[] = [
  { key: 'desired', title: 'Desired' },
  { key: 'reported', title: 'Reported' },
];

function readState(body: JsonObject): { desired?: SectionChange; reported?: SectionChange } | string {
  if (body.state === undefined) return 'Missing required node: state';
  if (!isObject(body.state)) return 'State node must be an object';
  const sections: { desired?: SectionChange; reported?: SectionChange } = {};
  for (const { key, title } of sectionNames) {
    const section = body.state[key];
    if (section === undefined) continue;
    if (section !== null && !isObject(section)) return `${title} node must be an object`;
    const flaw = flawOf(section, 0);
    if (flaw !== undefined) return flaw;
    sections[key] = section;
  }
  return sections;
}

/** Parses a request. `get` and `delete` may have an empty payload; only `update` has a state. */
export function parseRequest(payload: Uint8Array, withState: boolean): ParsedRequest {
  if (payload.length > requestBytesMax) return rejected(413, 'The payload exceeds the maximum size allowed');
  if (payload.length === 0 && !withState) return { kind: 'request', request: {} };
  const text = readText(payload);
  if (text === undefined) return rejected(415, 'Unsupported documented encoding; supported encoding is UTF-8');
  const body = readJson(text);
  if (!isObject(body)) return rejected(400, 'Invalid JSON');
  const { clientToken, version, knows } = body;
  if (
    clientToken !== undefined &&
    (typeof clientToken !== 'string' || Buffer.byteLength(clientToken) > clientTokenBytesMax)
  ) {
    return rejected(400, 'Invalid clientToken');
  }
  const token = clientToken === undefined ? {} : { clientToken };
  if (version !== undefined && version !== null && !isCount(version)) return rejected(400, 'Invalid version', token);
  const head = { ...token, ...(typeof version === 'number' ? { version } : {}) };
  if (!withState) return { kind: 'request', request: { ...head, ...(isCount(knows) ? { knows } : {}) } };
  const state = readState(body);
  if (typeof state === 'string') return rejected(400, state, token);
  return { kind: 'request', request: { ...head, ...state } };
}

/** Parses a brief report that says what is other than in `base`. */
export function parseBriefReport(payload: Uint8Array, base: JsonObject | undefined): ParsedRequest {
  if (payload.length > requestBytesMax) return rejected(413, 'The payload exceeds the maximum size allowed');
  const unpacked = unpackReport(payload, base);
  const token = { report: unpacked.sum };
  switch (unpacked.kind) {
    case 'other-base':
      return rejected(409, 'Version conflict', token);
    case 'damaged':
      return rejected(400, 'Invalid report', token);
    case 'report': {
      const state = readState({ state: { reported: unpacked.report as Json } });
      return typeof state === 'string'
        ? rejected(400, state, token)
        : { kind: 'request', request: { ...token, ...state } };
    }
    default:
      return unpacked satisfies never;
  }
}
