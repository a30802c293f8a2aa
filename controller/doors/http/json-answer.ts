/** Answers of the API as JSON, and errors in the one shape they have: `{code, message}`. */
import type { HttpResponse } from '../../../platform/ports.ts';

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** A JSON document that nobody should cache. */
export function jsonAnswer(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  const bytes = new TextEncoder().encode(`${JSON.stringify(value)}\n`);
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'content-length': String(bytes.length),
      'cache-control': 'no-store',
      ...headers,
    },
    body: once(bytes),
  };
}

/** Bytes for one asker. */
export function bytesAnswer(bytes: Uint8Array, type = 'application/octet-stream'): HttpResponse {
  const headers = { 'content-type': type, 'content-length': String(bytes.length) };
  return { status: 200, headers: { ...headers, 'cache-control': 'no-store' }, body: once(bytes) };
}

/** That there is nothing to say, in as few bytes as that takes. */
export function emptyAnswer(): HttpResponse {
  return { status: 204, headers: {}, body: (async function* () {})() };
}

/** An error; `code` is for programs, `message` for people. */
export function errorAnswer(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return jsonAnswer(status, { code, message }, headers);
}

/** That somebody asks too often, and after how many seconds it is worth to ask again. */
export function tooManyAnswer(message: string, seconds: number): HttpResponse {
  return errorAnswer(429, 'TOO_MANY_REQUESTS', message, { 'retry-after': String(seconds) });
}
