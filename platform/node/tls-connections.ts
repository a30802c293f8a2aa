/** How connections are made where Node's own way does not do: by sockets on terms of their own, through a gateway, and to a server whose time is over by a wrong clock. */
import type { ClientRequestArgs } from 'node:http';
import { Agent, type AgentOptions, type RequestOptions } from 'node:https';
import { isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { bareHost } from '../host-and-port.ts';
import { isGivenBy } from './device-certificate.ts';
import type { Reach, Reached } from './direct-way.ts';
import { makeSocket, type SocketTerms } from './made-socket.ts';

/** Whether a server's certificate that does not count by the clock here is taken; `untilMs` is when it ends. */
export type ToleratesTime = (untilMs: number) => boolean;

/** How long a server may say nothing at all before an exchange counts as cut. */
export const silenceMsMax = 60_000;

/** Told of a connection that was made, or why there is none. */
export type OnMade = (error: Error | null, socket: Duplex) => void;

/** Tells of it once it is there. */
export function handOver(made: Promise<Socket>, onMade: OnMade | undefined): null {
  made.then(
    (socket) => onMade?.(null, socket),
    // Nobody looks at the second where there is the first.
    (error: Error) => onMade?.(error, undefined as unknown as Duplex),
  );
  return null;
}

/** What a connection is to do, and the ways by which it may be made; without these by the machine's own. */
export interface TlsTerms extends SocketTerms {
  readonly reach?: Reach | undefined;
}

/** Whether Node's own way does not do for it. */
export function isMade({ areShort, via, reach }: TlsTerms): boolean {
  return areShort || via !== undefined || reach !== undefined;
}

/** How long this machine's own way is waited for where there are others. */
const ownWayMsMax = 15_000;

/** A connection by whichever way leads there. Whoever asked and gave up finds it in the pool. */
function reached(reach: Reach, { host, port }: ClientRequestArgs): Promise<Reached> {
  const place = { host: bareHost(host ?? ''), port: Number(port) };
  return reach(place, ownWayMsMax, new AbortController().signal);
}

/** A connection under way on such terms; undefined where this machine can't make one, and none has to be. */
export async function connectOn(terms: SocketTerms, { host, port }: ClientRequestArgs): Promise<Socket | undefined> {
  const made = await makeSocket(host ?? '', terms);
  return made?.socket.connect({ host: made.address, port: Number(port) });
}

/** What TLS is to go over; undefined where Node is to make it. What is held to an interface is held to the machine's own way. */
async function carrierOn(terms: TlsTerms, options: RequestOptions): Promise<Partial<Pick<Reached, 'socket' | 'came'>>> {
  if (terms.reach !== undefined && terms.via === undefined) return reached(terms.reach, options);
  const socket = isMade(terms) ? await connectOn(terms, options) : undefined;
  return socket === undefined ? {} : { socket };
}

/** The same with TLS. */
export async function connectTlsOn(terms: TlsTerms, options: RequestOptions): Promise<TLSSocket> {
  const { socket, came } = await carrierOn(terms, options);
  const secured = connectTls({ ...(options as ConnectionOptions), ...(socket === undefined ? {} : { socket }) });
  secured.once('secureConnect', () => {
    if (secured.authorized) came?.();
  });
  return secured;
}

/** Connections by sockets that Node has no word for. */
export class MadePool extends Agent {
  readonly #terms: TlsTerms;

  constructor(options: AgentOptions, terms: TlsTerms) {
    super(options);
    this.#terms = terms;
  }

  override createConnection(options: RequestOptions, onMade?: OnMade): null {
    return handOver(connectTlsOn(this.#terms, options), onMade);
  }
}

const serverAuthOid = '1.3.6.1.5.5.7.3.1';
const outOfTime: readonly unknown[] = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];

/** Why a server is not spoken with, whose certificate does not verify here; undefined where nothing but a tolerated clock is against it. */
function faultOf(socket: TLSSocket, { ca, ...options }: RequestOptions, tolerates: ToleratesTime): Error | undefined {
  if (socket.authorized) return undefined;
  const host = options.host ?? '';
  const code = String(socket.authorizationError);
  const fault = Object.assign(new Error(code), { code });
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined || !outOfTime.includes(code)) return fault;
  // Of several faults the handshake names one, and looks no further.
  const isNamed = isIP(host) === 0 ? certificate.checkHost(host, { subject: 'never' }) : certificate.checkIP(host);
  const isServer = certificate.keyUsage?.includes(serverAuthOid) === true;
  if (isNamed === undefined || !isServer || !isGivenBy(certificate, String(ca ?? '')))
    return Object.assign(new Error(`what answers is not ${host} of this fleet`), {
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  return tolerates(certificate.validToDate.getTime()) ? undefined : fault;
}

/** Resolves once the handshake is through and the server judged: nothing is said before. */
function judged(socket: TLSSocket, options: RequestOptions, tolerates: ToleratesTime): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const silent = () => socket.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }));
    socket.setTimeout(silenceMsMax, silent).once('error', reject);
    socket.once('secureConnect', () => {
      const fault = faultOf(socket, options, tolerates);
      if (fault !== undefined) return void socket.destroy(fault);
      socket.setTimeout(0, silent).off('error', reject);
      resolve(socket);
    });
  });
}

/** Connections to servers that are whom they have to be but for the clock here. */
export class TolerantPool extends Agent {
  readonly tolerates: ToleratesTime;
  readonly #terms: TlsTerms;

  constructor(options: AgentOptions, terms: TlsTerms, tolerates: ToleratesTime) {
    super({ ...options, rejectUnauthorized: false });
    this.#terms = terms;
    this.tolerates = tolerates;
  }

  override createConnection(options: RequestOptions, onMade?: OnMade): null {
    return handOver(
      connectTlsOn(this.#terms, options).then((socket) => judged(socket, options, this.tolerates)),
      onMade,
    );
  }
}
