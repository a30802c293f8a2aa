import { TrustError } from './error.ts';
import { trustLimits } from './limits.ts';

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Parses untrusted JSON: at most `bytesMax` long, strict UTF-8, bounded in depth and in members before it is parsed. */
export function parseBoundedJson(bytes: Uint8Array, bytesMax: number, what: string): Json {
  if (bytes.length > bytesMax) {
    throw new TrustError('TOO_LARGE', `${what} has ${bytes.length} bytes, at most ${bytesMax} are read`);
  }
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (cause) {
    throw new TrustError('MALFORMED', `${what} is not UTF-8`, undefined, { cause });
  }
  const commas = measure(text, what);
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TrustError('MALFORMED', `${what} is not JSON: ${(cause as Error).message}`, undefined, { cause });
  }
  // Of two members of one name the parser keeps the last, and signatures are over what it keeps: a reader of the text would be
  // shown the other one.
  if (assertWellFormed(value, what) !== commas) {
    throw new TrustError('MALFORMED', `${what} has two members of one name`);
  }
  return value;
}

/** The value as an object; anything else is refused. */
export function objectOf(value: Json | undefined, what: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TrustError('MALFORMED', `${what} must be an object`);
  }
  return value as JsonObject;
}

/** Refuses members that the format does not have: what an old reader would overlook must not be signed to mean more. */
export function onlyMembers(value: JsonObject, members: readonly string[], what: string): void {
  const unknown = Object.keys(value).find((key) => !members.includes(key));
  if (unknown !== undefined)
    throw new TrustError('MALFORMED', `${what} has an unknown member ${JSON.stringify(unknown)}`);
}

/** The next index at or after `from` where one of the characters of a global `pattern` stands; the length when none does. */
function indexOfNext(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex - 1 : text.length;
}

const structure = /["{}[\],]/g;
const stringEnd = /["\\]/g;

// One pass over the text outside of strings; what it lets through and is no JSON, JSON.parse refuses. It leaps from mark to
// mark: a loop over every character of the root would have V8 load its compilers at each start of an agent.
// Returns how many commas separate entries.
function measure(text: string, what: string): number {
  const { depthMax, entriesMax } = trustLimits;
  let total = 0;
  const commas: number[] = [];
  for (let at = 0; at < text.length; at++) {
    at = indexOfNext(structure, text, at);
    switch (text[at]) {
      case '"':
        at = indexOfNext(stringEnd, text, at + 1);
        while (text[at] === '\\') at = indexOfNext(stringEnd, text, at + 2);
        break;
      case '{':
      case '[':
        commas.push(0);
        if (commas.length > depthMax)
          throw new TrustError('TOO_LARGE', `${what} is nested over ${depthMax} deep at ${at}`);
        break;
      case '}':
      case ']':
        commas.pop();
        break;
      case ',': {
        const count = (commas.pop() ?? 0) + 1;
        if (count >= entriesMax)
          throw new TrustError('TOO_LARGE', `${what} has over ${entriesMax} entries in one place at ${at}`);
        commas.push(count);
        total += 1;
        break;
      }
    }
  }
  return total;
}

// A lone surrogate has no UTF-8: two different texts would have the same canonical bytes, hence the same signature. Returns
// how many commas the value is written with.
function assertWellFormed(value: Json, what: string): number {
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new TrustError('MALFORMED', `${what} has a string that is not Unicode text`);
    return 0;
  }
  if (typeof value !== 'object' || value === null) return 0;
  const entries = Object.entries(value);
  let commas = Math.max(0, entries.length - 1);
  for (const [key, member] of entries) {
    assertWellFormed(key, what);
    commas += assertWellFormed(member, what);
  }
  return commas;
}
