/** Reads the payload of a shadow request: bytes from a device, judged before anything is done with them. */
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
}

/** What the bytes of a request came to. */
export type ParsedRequest =
  | { readonly kind: 'request'; readonly request: ShadowRequest }
  | { readonly kind: 'rejected'; readonly rejection: ShadowRejection; readonly clientToken?: string };

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function rejected(code: ShadowRejection['code'], message: string, clientToken?: string): ParsedRequest {
  return { kind: 'rejected', rejection: { code, message }, ...(clientToken === undefined ? {} : { clientToken }) };
}

function readText(payload: Uint8Array): string | undefined {
  try {
    return decoder.decode(payload);
  } catch {
    return undefined;
  }
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
  const { clientToken, version } = body;
  if (
    clientToken !== undefined &&
    (typeof clientToken !== 'string' || Buffer.byteLength(clientToken) > clientTokenBytesMax)
  ) {
    return rejected(400, 'Invalid clientToken');
  }
  if (version !== undefined && version !== null && !(Number.isSafeInteger(version) && (version as number) >= 0)) {
    return rejected(400, 'Invalid version', clientToken);
  }
  const head = {
    ...(clientToken === undefined ? {} : { clientToken }),
    ...(typeof version === 'number' ? { version } : {}),
  };
  if (!withState) return { kind: 'request', request: head };
  const state = readState(body);
  if (typeof state === 'string') return rejected(400, state, clientToken);
  return { kind: 'request', request: { ...head, ...state } };
}
