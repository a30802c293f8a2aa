import { type ClientRequest, type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import {
  type CountTravel,
  type HttpRequest,
  type HttpResponse,
  type Network,
  NetworkError,
  type NetworkErrorCode,
} from '../ports.ts';
import { addressMsMax } from './address-patience.ts';
import { nodeClock } from './clock.ts';
import { type PoolKind, plainAgent, poolOf, type TlsIdentity } from './connection-pools.ts';
import { deviceOf } from './device-certificate.ts';
import { interfaceOf } from './interface-of.ts';
import { beganWithKey } from './returning-pool.ts';
import { nodeSegments } from './segments.ts';
import { silenceMsMax } from './tls-connections.ts';
import { connectionBytes, handshakeBytes, returnBytes, travelOf } from './travel.ts';

const outOfTime: readonly unknown[] = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];

function errorCode(error: NodeJS.ErrnoException, signal: AbortSignal): NetworkErrorCode {
  if (signal.aborted) return 'ABORTED';
  const code = error.code ?? '';
  if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO|EPROTO|HOSTNAME)/.test(code)) return 'TLS';
  if (code === 'ETIMEDOUT') return 'TIMEOUT';
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE') return 'CUT';
  return 'UNREACHABLE';
}

/** What went wrong, in words. Whether a certificate is valid now is judged by a clock, and that may be what is wrong. */
export function failureText({ code, message }: NodeJS.ErrnoException, host: string, nowMs: number): string {
  if (!outOfTime.includes(code)) return message;
  const when = code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet';
  return `the certificate of ${host} ${when} by the clock here, where it is ${new Date(nowMs).toISOString().slice(0, 16)}Z`;
}

/** A connection, and what of it was counted. */
interface Tally {
  readonly via: string | undefined;
  counted: number;
}

const tallies = new WeakMap<Socket, Tally>();

/** Begins the tally of a connection as soon as it is there: one that is closed has no address any more. */
function beginTally(socket: Socket, countTravel: CountTravel): void {
  if (tallies.has(socket)) return;
  const via = interfaceOf(socket.localAddress);
  tallies.set(socket, { via, counted: 0 });
  if (!('encrypted' in socket)) return countTravel(connectionBytes, via);
  const hopedBytes = beganWithKey(socket) ? returnBytes : handshakeBytes;
  countTravel(connectionBytes + hopedBytes, via);
  socket.once('secureConnect', () => {
    if (!(socket as TLSSocket).isSessionReused()) countTravel(handshakeBytes - hopedBytes, via);
  });
}

/** Counts what went over a connection since it was counted last. */
function countOn(socket: Socket | null, countTravel: CountTravel): void {
  const tally = socket && tallies.get(socket);
  if (!tally) return;
  const total = socket.bytesRead + socket.bytesWritten;
  if (total > tally.counted) countTravel(travelOf(total - tally.counted), tally.via);
  tally.counted = total;
}

/** Counts what an exchange takes, over whichever connection it gets. */
function countExchange(exchange: ClientRequest, countTravel: CountTravel): void {
  exchange.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', () => beginTally(socket, countTravel));
    else beginTally(socket, countTravel);
  });
  exchange.once('close', () => countOn(exchange.socket, countTravel));
}

async function* bodyOf(
  message: IncomingMessage,
  count: () => void,
  closed: Promise<void>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of message) {
      count();
      yield chunk as Uint8Array;
    }
  } catch (error) {
    throw new NetworkError(signal.aborted ? 'ABORTED' : 'CUT', (error as Error).message);
  }
  if (!message.complete) throw new NetworkError('CUT', 'the connection ended before the answer did');
  // Then the connection is free for whoever asks next.
  await closed;
}

function headersOf(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

/** What a connection brings where no long packets come through: with certificates compressed a handshake may come. */
const fewBytes = 4_096;

function isAsGoodAsEmpty({ connecting, bytesRead }: Socket): boolean {
  return !connecting && bytesRead < fewBytes;
}

/** Whom nobody could name, and whom a clock kept from judging the server, does not come back. */
function comesBack({ certificate, peers, returnsTo }: TlsIdentity, isTolerant: boolean, origin: string): boolean {
  return certificate !== undefined && peers === undefined && !isTolerant && origin === returnsTo;
}

/** As whom and for how long something is asked, and whether the clock here was in its way a moment ago. */
interface Exchange {
  readonly identity: TlsIdentity;
  readonly signal: AbortSignal;
  readonly countTravel: CountTravel | undefined;
  readonly isTolerant: boolean;
}

function begin(wanted: HttpRequest, { identity, signal, isTolerant }: Exchange): ClientRequest {
  const url = new URL(wanted.url);
  const { areShort } = nodeSegments;
  const patience = { timeout: silenceMsMax, autoSelectFamilyAttemptTimeout: addressMsMax };
  const options = { method: wanted.method, headers: { ...wanted.headers }, signal, ...patience };
  const isReturn = comesBack(identity, isTolerant, url.origin);
  const kind: PoolKind = { areShort, via: wanted.via, isTolerant, ...(isReturn ? { returnsTo: url.origin } : {}) };
  const exchange =
    url.protocol === 'https:'
      ? requestTls(url, { ...options, agent: poolOf(identity, kind) })
      : requestPlain(url, { ...options, agent: plainAgent(kind) });
  // Those of a pool are kept by HTTP/1.1 without a word.
  if (url.protocol === 'https:') exchange.removeHeader('connection');
  exchange.on('timeout', () => {
    const message = `no answer from ${url.host} for ${silenceMsMax / 1000} s`;
    if (exchange.socket !== null && isAsGoodAsEmpty(exchange.socket)) nodeSegments.cameToNothing(areShort);
    exchange.destroy(Object.assign(new Error(message), { code: 'ETIMEDOUT' }));
  });
  return exchange;
}

/** A server may close a connection at the moment it is used again: that says nothing about the link. */
function wasStale(exchange: ClientRequest, { method }: HttpRequest, error: NetworkError): boolean {
  return exchange.reusedSocket && error.code === 'CUT' && method !== 'POST';
}

/** The device that answers; nothing where it may be anybody whom TLS trusts. */
function answering(socket: Socket, { peers, ca = '' }: TlsIdentity): { readonly device?: string } {
  if (peers === undefined) return {};
  const certificate = 'encrypted' in socket ? (socket as TLSSocket).getPeerX509Certificate() : undefined;
  return { device: deviceOf(certificate, ca, nodeClock.now()) };
}

function attempt(wanted: HttpRequest, asked: Exchange): Promise<HttpResponse> {
  const { identity, signal, countTravel, isTolerant } = asked;
  return new Promise<HttpResponse>((resolve, reject) => {
    const exchange = begin(wanted, asked);
    if (countTravel !== undefined) countExchange(exchange, countTravel);
    const count = (): void => {
      if (countTravel !== undefined) countOn(exchange.socket, countTravel);
    };
    const fail = (cause: NodeJS.ErrnoException): void => {
      if (!isTolerant && identity.tolerates !== undefined && outOfTime.includes(cause.code))
        return resolve(attempt(wanted, { ...asked, isTolerant: true }));
      const error = new NetworkError(
        errorCode(cause, signal),
        failureText(cause, new URL(wanted.url).host, nodeClock.now()),
      );
      // Each failure takes one connection out of the pool, so this comes to an end.
      if (wasStale(exchange, wanted, error)) resolve(attempt(wanted, asked));
      else reject(error);
    };
    exchange.on('error', fail);
    const closed = new Promise<void>((done) => exchange.on('close', done));
    exchange.on('response', (message) => {
      try {
        const device = answering(message.socket, identity);
        const via = tallies.get(message.socket)?.via;
        const body = bodyOf(message, count, closed, signal);
        const answer = { status: message.statusCode ?? 0, headers: headersOf(message), body };
        resolve({ ...answer, ...device, ...(via === undefined ? {} : { via }) });
      } catch (error) {
        message.destroy();
        fail(error as Error);
      }
    });
    exchange.end(wanted.body);
  });
}

/**
 * HTTP and HTTPS out of this machine. `identity` is asked for at every exchange, so that a renewed certificate is used at once;
 * exchanges under the same one share connections. `countTravel` is told of all that they take.
 */
export function openNetwork(identity: () => TlsIdentity, countTravel?: CountTravel): Network {
  return {
    request: async (wanted, signal) =>
      attempt(wanted, { identity: identity(), signal, countTravel, isTolerant: false }),
  };
}
