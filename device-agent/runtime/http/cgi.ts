/** A request as a program of the Common Gateway Interface (RFC 3875) finds it, and what it prints as a response. */
import type { HttpAnswer, HttpAsk } from './messages.ts';

const newline = 10;
const headBytesMax = 16_384;
const fieldsMax = 64;
/** Written by the server itself, or about the connection and not the answer. */
const notForwarded: ReadonlySet<string> = new Set([
  ...[
    'connection',
    'content-length',
    'keep-alive',
    'proxy-connection',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
  ],
]);
/** A program that obeys HTTP_PROXY must not be sent through whomever the client names. */
const notShown: ReadonlySet<string> = new Set(['proxy', 'content-length', 'content-type']);

/** The meta-variables. */
export function cgiEnvironment(ask: HttpAsk): Readonly<Record<string, string>> {
  const { method, route, pathInfo, query, headers, address, serverName, serverPort, body } = ask;
  const shown = Object.entries(headers).filter(([name]) => /^[a-z0-9-]+$/.test(name) && !notShown.has(name));
  const contentType = headers['content-type'];
  return {
    GATEWAY_INTERFACE: 'CGI/1.1',
    SERVER_PROTOCOL: 'HTTP/1.1',
    SERVER_SOFTWARE: 'fleet',
    SERVER_NAME: serverName,
    SERVER_PORT: String(serverPort),
    REQUEST_METHOD: method,
    SCRIPT_NAME: route === '/' ? '' : route,
    PATH_INFO: pathInfo,
    QUERY_STRING: query,
    REMOTE_ADDR: address,
    ...(body === '' ? {} : { CONTENT_LENGTH: String(Buffer.byteLength(body, 'base64')) }),
    ...(contentType === undefined ? {} : { CONTENT_TYPE: contentType }),
    ...Object.fromEntries(shown.map(([name, value]) => [`HTTP_${name.toUpperCase().replaceAll('-', '_')}`, value])),
  };
}

interface Head {
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Where the body begins. */
  readonly end: number;
}

/** The header of a response: lines up to an empty one; undefined where there is none. */
function readHead(bytes: Uint8Array): Head | undefined {
  const fields: [string, string][] = [];
  for (let at = 0; at < headBytesMax; ) {
    const end = bytes.indexOf(newline, at);
    if (end === -1) return undefined;
    const line = Buffer.from(bytes.subarray(at, end)).toString('latin1').replace(/\r$/, '');
    at = end + 1;
    if (line === '') return { fields, end: at };
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined || fields.length === fieldsMax) return undefined;
    fields.push([name.toLowerCase(), value.trimEnd()]);
  }
  return undefined;
}

/** What a program printed, as a response; undefined where it is none: at least one of Content-Type, Status and Location stands before an empty line. */
export function cgiResponse(printed: Uint8Array): HttpAnswer | undefined {
  const head = readHead(printed);
  if (head === undefined) return undefined;
  const fieldOf = (wanted: string): string | undefined => head.fields.find(([name]) => name === wanted)?.[1];
  const [status, location] = [fieldOf('status'), fieldOf('location')];
  if (status === undefined && location === undefined && fieldOf('content-type') === undefined) return undefined;
  const code = status === undefined ? (location === undefined ? 200 : 302) : Number(/^\d{3}(?= |$)/.exec(status)?.[0]);
  if (!(code >= 200 && code <= 599)) return undefined;
  const headers = head.fields.filter(([name]) => name !== 'status' && !notForwarded.has(name));
  return { kind: 'response', status: code, headers, body: Buffer.from(printed.subarray(head.end)).toString('base64') };
}
