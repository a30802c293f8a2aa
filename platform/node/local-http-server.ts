/** A plain HTTP server for programs of this machine: bounded headers, bodies, connections and times. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LocalRequest, LocalResponse } from '../local-http.ts';
import { headersOf, readBody } from './http-request.ts';

/** Where the server listens and who answers; `answer` must not reject. */
export interface LocalServerOptions {
  readonly host: string;
  readonly port: number;
  readonly bodyBytesMax: number;
  readonly answer: (request: LocalRequest) => Promise<LocalResponse>;
}

const headerBytesMax = 16_384;
const headersMax = 64;
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;
const keepAliveMs = 5_000;
/** A peer that takes nothing of an answer for this long is gone. */
const stalledMs = 120_000;
const connectionsMax = 256;

async function serve(
  { bodyBytesMax, answer }: LocalServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request, bodyBytesMax);
  const { method = '', url = '' } = request;
  const {
    status,
    headers,
    body: text,
  } = body === undefined
    ? { status: 413, headers: [['connection', 'close']] as const, body: new Uint8Array(0) }
    : await answer({ method, url, headers: headersOf(request), body, address: request.socket.remoteAddress ?? '' });
  response.writeHead(status, headers.flat());
  response.end(method === 'HEAD' ? undefined : text);
}

/** Starts the server; resolves with its port when it accepts connections. */
export function startLocalHttpServer(options: LocalServerOptions): Promise<number> {
  const server = createServer(
    {
      maxHeaderSize: headerBytesMax,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveMs,
    },
    (request, response) => {
      serve(options, request, response).catch(() => response.destroy());
    },
  );
  server.maxConnections = connectionsMax;
  server.maxHeadersCount = headersMax;
  server.setTimeout(stalledMs, (socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port }, () => resolve((server.address() as AddressInfo).port));
  });
}
