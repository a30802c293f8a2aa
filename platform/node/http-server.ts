/** Binds an `HttpHandler` to HTTPS on this machine: bounded headers, bodies and times, streamed answers, a graceful end. */

import { constants, type X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TLSSocket, Server as TlsServer } from 'node:tls';
import { bareHost } from '../host-and-port.ts';
import type { HttpHandler, HttpRequest, HttpResponse, Log, Peer, PeerOutOfTime } from '../ports.ts';
import { sourceOf } from '../source-address.ts';
import { isGivenBy } from './device-certificate.ts';
import { headersOf, readBody } from './http-request.ts';
import type { ReturningDevices } from './returning-devices.ts';
import { serveTunnel, type Tunnels } from './tunnel.ts';

/** Knows devices that come back. */
export type Returning = Pick<ReturningDevices, 'secretOf' | 'peerOf' | 'keep'>;

/** Where the server listens, as whom, and who answers. */
export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** PEM of the server's certificate and its key. */
  readonly certificate: string;
  readonly key: string;
  /** PEM of the authority whose client certificates count. */
  readonly authority: string;
  /** Who a client certificate (DER) of this authority says its holder is. */
  readonly identify: (certificate: Uint8Array) => Omit<PeerOutOfTime, 'device'> & { readonly commonName?: string };
  /** Lets devices that showed their certificate come back without. */
  readonly returning?: Returning;
  readonly handler: HttpHandler;
  /** Of a request, by what stands before its body. */
  readonly bodyBytesMax: (head: Pick<HttpRequest, 'url' | 'headers'>) => number;
  /** Told of what went wrong behind a request or at the listening socket; it must not throw. */
  readonly onFailure: (subject: string, error: unknown) => void;
  /** Puts something before the server's TLS handshakes; disposed when the server closes. */
  readonly beforeHandshakes?: (server: TlsServer) => Disposable;
  readonly log: Log;
  /** At the same time; who comes beyond them is told to `onTurnedAway`. */
  readonly connectionsMax: number;
  readonly onTurnedAway?: (address: string) => void;
  readonly strangersPerSourceMax?: number;
  /** Lets those who ask through to other servers; without it nobody is. */
  readonly tunnels?: Tunnels;
}

/** A server that runs. */
export interface HttpServer {
  readonly port: number;
  /** Takes a renewed certificate for all connections to come. */
  renewIdentity(certificate: string, key: string): void;
  /** Stops listening, lets running answers end for a moment, then cuts them. */
  close(): Promise<void>;
}

const headerBytesMax = 16_384;
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;
const keepAliveMs = 65_000;
/** A peer that takes nothing of an answer for this long is gone. */
const stalledMs = 120_000;
const closeGraceMs = 2_000;
/** Open connections of one source without a certificate of our authority: enough for people, hooks and devices that enrol. */
const strangersMax = 256;
const headersMax = 64;
/** Connections that the system may hold ready for us. */
const backlog = 4096;
/** Of a request's path in a line of the log. */
const pathCharactersMax = 200;
const minVersion = 'TLSv1.2';

const methods: readonly string[] = ['GET', 'HEAD', 'POST'] satisfies HttpRequest['method'][];

const outOfTime: readonly unknown[] = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];

/** Nothing that does not verify but for its time: of several faults the handshake names one. */
function shownBy(socket: TLSSocket, authority: string): X509Certificate | undefined {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined || socket.authorized) return certificate;
  return outOfTime.includes(socket.authorizationError) && isGivenBy(certificate, authority) ? certificate : undefined;
}

function peerOf(socket: TLSSocket, { identify, authority, returning }: HttpServerOptions): Peer {
  const address = socket.remoteAddress ?? '';
  const returned = returning?.peerOf(socket);
  if (returned !== undefined) return { address, ...returned };
  const certificate = shownBy(socket, authority);
  if (certificate === undefined) return { address };
  const { commonName: device, keyFingerprint, startsAt, endsAt } = identify(certificate.raw);
  if (device === undefined) return { address };
  if (!socket.authorized) return { address, outdated: { device, keyFingerprint, startsAt, endsAt } };
  returning?.keep(socket, certificate, { device, keyFingerprint });
  return { address, device, keyFingerprint };
}

/** Answers that the server gives by itself, in the shape the API gives its own. The connection ends with them. */
function refuse(response: ServerResponse, status: number, code: string): void {
  const body = `${JSON.stringify({ code, message: STATUS_CODES[status] })}\n`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  });
  response.end(body);
}

async function send(request: IncomingMessage, response: ServerResponse, answer: HttpResponse, signal: AbortSignal) {
  response.writeHead(answer.status, answer.headers);
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  await pipeline(Readable.from(answer.body, { objectMode: false }), response, { signal });
}

function subjectOf({ method, url = '' }: IncomingMessage): string {
  return `${method} ${url.split('?', 1)[0]!.slice(0, pathCharactersMax)}`;
}

async function serve(options: HttpServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { handler, bodyBytesMax, onFailure } = options;
  const abort = new AbortController();
  response.once('close', () => abort.abort());
  try {
    if (!methods.includes(request.method ?? '')) return refuse(response, 405, 'METHOD_NOT_ALLOWED');
    const head = { url: request.url ?? '/', headers: headersOf(request) };
    const body = await readBody(request, bodyBytesMax(head));
    if (body === undefined) return refuse(response, 413, 'BODY_TOO_LARGE');
    const asked: HttpRequest = {
      method: request.method as HttpRequest['method'],
      ...head,
      ...(body.length === 0 ? {} : { body }),
    };
    const peer = peerOf(request.socket as TLSSocket, options);
    const answer = await handler(asked, peer, abort.signal);
    // That HTTP/1.1 keeps the connection, and until when, devices need not hear: they let go of it long before.
    if (peer.device !== undefined && response.shouldKeepAlive) response.removeHeader('connection');
    await send(request, response, answer, abort.signal);
  } catch (error) {
    if (abort.signal.aborted) return;
    onFailure(subjectOf(request), error);
    if (response.headersSent) response.destroy();
    else refuse(response, 500, 'INTERNAL');
  }
}

/** Ends connections of nobody whom our authority knows beyond those that one source may have. */
function boundStrangers(server: Server, perSourceMax: number, returning: Returning | undefined): void {
  const open = new Map<string, number>();
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.authorized || returning?.peerOf(socket) !== undefined) return;
    const source = sourceOf(socket.remoteAddress ?? '');
    const count = (open.get(source) ?? 0) + 1;
    if (count > perSourceMax) {
      socket.destroy();
      return;
    }
    open.set(source, count);
    socket.once('close', () => {
      const left = open.get(source)! - 1;
      if (left > 0) open.set(source, left);
      else open.delete(source);
    });
  });
}

/**
 * Keys and rules of the TLS of a server; a client may not have the handshake done again over one connection. Tickets hold the client's
 * certificate and are sent twice, 1.4 KB for nothing: agents come back with a key that never travels.
 */
function secureContext(certificate: string, key: string, authority: string) {
  return {
    cert: certificate,
    key,
    ca: authority,
    minVersion,
    // Certificates travel with that of their authority, which the library adds: its name is in both.
    certificateCompression: ['zlib'],
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_TICKET,
  } as const;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), closeGraceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function createBoundedServer(options: HttpServerOptions): Server {
  const { certificate, key, authority, log, onFailure, strangersPerSourceMax = strangersMax } = options;
  const { connectionsMax, onTurnedAway, returning, tunnels } = options;
  const server = createServer(
    {
      ...secureContext(certificate, key, authority),
      requestCert: true,
      // Whoever has no certificate may still enrol or show a token; `peerOf` believes only authorised ones.
      rejectUnauthorized: false,
      ...(returning === undefined ? {} : { pskCallback: returning.secretOf }),
      pauseOnConnect: options.beforeHandshakes !== undefined,
      noDelay: true,
      handshakeTimeout: headersTimeoutMs,
      maxHeaderSize: headerBytesMax,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveMs,
    },
    (request, response) => {
      serve(options, request, response).catch((error: unknown) => onFailure(subjectOf(request), error));
    },
  );
  server.maxConnections = connectionsMax;
  server.on('drop', (drop) => onTurnedAway?.(drop?.remoteAddress ?? ''));
  server.maxHeadersCount = headersMax;
  server.setTimeout(stalledMs, (socket) => socket.destroy());
  server.on('tlsClientError', (error, socket) => {
    log.write('debug', 'http.handshake-failed', { error: String(error) });
    // Node tells of a handshake that failed or took too long, and leaves its connection open.
    socket.destroy();
  });
  boundStrangers(server, strangersPerSourceMax, returning);
  if (tunnels !== undefined)
    server.on('connect', ({ url = '', socket }: IncomingMessage, _stream, head) => {
      if (head.length > 0) socket.unshift(head);
      serveTunnel(url, socket, peerOf(socket as TLSSocket, options), tunnels);
    });
  return server;
}

/** Starts the server; it accepts connections when this resolves. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { authority, beforeHandshakes, onFailure } = options;
  const server = createBoundedServer(options);
  const handshakes = beforeHandshakes?.(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: bareHost(options.host), port: options.port, backlog }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', (error) => onFailure('listener', error));
  return {
    port: (server.address() as AddressInfo).port,
    renewIdentity: (renewed, renewedKey) => server.setSecureContext(secureContext(renewed, renewedKey, authority)),
    close: () => {
      handshakes?.[Symbol.dispose]();
      return closeServer(server);
    },
  };
}
