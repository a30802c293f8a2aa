/** A plain HTTP server for programs of this machine: bounded headers, bodies, answers, connections and times. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LocalRequest, LocalResponse } from '../local-http.ts';
import { headersOf, readBody } from './http-request.ts';
import { descriptorRoom } from './process-room.ts';
import { UnsentAnswers } from './unsent-answers.ts';

/** Where the server listens and who answers; `answer` must not reject. */
export interface LocalServerOptions {
  readonly host: string;
  readonly port: number;
  readonly bodyBytesMax: number;
  readonly answer: (request: LocalRequest) => Promise<LocalResponse>;
  /** Called with each connection that is closed unread: there are too many. */
  readonly onUnread: () => void;
  /** Accepts no connection any more once this is over. */
  readonly signal?: AbortSignal;
}

const headerBytesMax = 16_384;
const headersMax = 64;
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;
const keepAliveMs = 5_000;
/** A peer that takes nothing of an answer for this long is gone. */
const stalledMs = 120_000;
/** Each has its head read and is answered, be it with a refusal. */
const connectionsMax = 2_048;
/** Descriptors that are not for connections. */
const descriptorsKept = 16;
/** Of all answers that their clients have not taken yet. */
const unsentBytesMax = 16 * 2 ** 20;
/** Their answers have no body, and say nothing of one (RFC 9110, 8.6). */
const statusesWithoutLength: ReadonlySet<number> = new Set([204, 304]);

/** What a body may come to: as it says itself, or as long as any where it doesn't say. */
function bodyBytesOf({ headers }: IncomingMessage, bytesMax: number): number {
  const declared = Number(headers['content-length'] ?? 0);
  return headers['transfer-encoding'] === undefined ? Math.min(declared, bytesMax) : bytesMax;
}

function requestOf(request: IncomingMessage, bytesMax: number): LocalRequest {
  const { method = '', url = '', socket } = request;
  return {
    ...{ method, url, headers: headersOf(request), address: socket.remoteAddress ?? '' },
    bodyBytesMax: bodyBytesOf(request, bytesMax),
    readBody: () => readBody(request, bytesMax),
  };
}

async function serve(
  { bodyBytesMax, answer }: LocalServerOptions,
  unsent: UnsentAnswers,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, headers, body } = await answer(requestOf(request, bodyBytesMax));
  const length = statusesWithoutLength.has(status) ? [] : ['content-length', String(body.length)];
  response.writeHead(status, [...headers.flat(), ...length]);
  unsent.send(response, body);
}

/** Starts the server; resolves with its port when it accepts connections. */
export function startLocalHttpServer(options: LocalServerOptions): Promise<number> {
  const unsent = new UnsentAnswers(unsentBytesMax);
  const server = createServer(
    {
      maxHeaderSize: headerBytesMax,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveMs,
    },
    (request, response) => {
      serve(options, unsent, request, response).catch(() => response.destroy());
    },
  );
  // Who has said all it has to say may still listen.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.maxConnections = Math.max(1, Math.min(connectionsMax, descriptorRoom() - descriptorsKept));
  server.on('drop', options.onUnread);
  server.maxHeadersCount = headersMax;
  server.setTimeout(stalledMs, (socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const { host, port, signal } = options;
    const place = { host, port, backlog: connectionsMax, ...(signal === undefined ? {} : { signal }) };
    server.listen(place, () => resolve((server.address() as AddressInfo).port));
  });
}
