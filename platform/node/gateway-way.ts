/** The way through a gateway: a door of a device of the fleet, or a plain HTTP proxy, which is asked with CONNECT (RFC 9110, 9.3.6). */
import type { Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { bareHost, hostAndPort } from '../host-and-port.ts';
import type { GatewayFault } from '../ports.ts';
import type { TlsIdentity } from './connection-pools.ts';
import { deviceNamedBy } from './device-certificate.ts';
import { failureOf, type Place, type Reached, reachDirectly } from './direct-way.ts';

/** Gateways, and as whom they are asked. */
export interface Gateways {
  /** In the order in which they are tried: HOST:PORT of a device, or `http://HOST:PORT` of a proxy. */
  readonly addresses: readonly string[];
  /** This device: one list may serve all of a site. */
  readonly device: string;
  readonly identity: () => TlsIdentity;
}

/** In a network of the site who is there answers at once. */
const nearMsMax = 5_000;

/** A gateway has to reach the server before it answers. */
const answerMsMax = 15_000;

const answerBytesMax = 4_096;
const reasonCharactersMax = 300;

function fault(code: GatewayFault, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** A host and a port that a pattern of the configuration has let pass. */
function placeOf(address: string): Place {
  const at = address.lastIndexOf(':');
  return { host: bareHost(address.slice(0, at)), port: Number(address.slice(at + 1)) };
}

/** Resolves with what `await` gives, unless the socket ends before, or says nothing for too long. */
function soon<Value>(socket: Socket, msMax: number, begin: (resolve: (value: Value) => void) => void): Promise<Value> {
  return new Promise((resolve, reject) => {
    socket.setTimeout(msMax, () => socket.destroy(new Error(`it has not answered for ${msMax / 1_000} s`)));
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('it closed the connection')));
    begin((value) => {
      socket.setTimeout(0);
      resolve(value);
    });
  });
}

/** TLS with a device of the fleet, whichever it is. */
async function secured(near: Socket, { ca, certificate, key, keyExchange }: TlsIdentity): Promise<TLSSocket> {
  const socket = connectTls({
    socket: near,
    // Its certificate is one of a client, and a clock may be wrong: who it is decides, for what passes is judged at its ends.
    rejectUnauthorized: false,
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
    ...(keyExchange === undefined ? {} : { ecdhCurve: keyExchange }),
  });
  await soon<void>(socket, nearMsMax, (resolve) => socket.once('secureConnect', resolve));
  return socket;
}

/** What stands before the body of an answer. Nobody but a gateway speaks yet: the server waits for a client's word. */
function headOf(socket: Socket): Promise<string> {
  return soon(socket, answerMsMax, (resolve) => {
    let text = '';
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (text.length > answerBytesMax) return void socket.destroy(new Error('what it says is no answer to CONNECT'));
      if (!text.includes('\r\n\r\n')) return;
      socket.off('data', onData);
      resolve(text);
    };
    socket.on('data', onData);
  });
}

/** Rejects unless it was let through; what it says of why not is for people. */
async function askThrough(socket: Socket, { host, port }: Place): Promise<void> {
  const authority = hostAndPort(host, port);
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  const head = await headOf(socket);
  const [, status] = /^HTTP\/1\.[01] (\d{3})[ \r]/.exec(head) ?? [];
  if (status === '200') return;
  const [, told = ''] = /\r\nx-fleet-reason: ([ -~]*)\r\n/i.exec(head) ?? [];
  const reason = told === '' ? `it answers ${status ?? 'no HTTP'}` : told.slice(0, reasonCharactersMax);
  throw fault(status === '502' || status === '504' ? 'GATEWAY_DARK' : 'GATEWAY_REFUSES', reason);
}

async function begin(address: string, place: Place, gateways: Gateways, signal: AbortSignal): Promise<Reached> {
  const [, plain] = /^http:\/\/(.*)$/.exec(address) ?? [];
  const { socket: near, areShort } = await reachDirectly(placeOf(plain ?? address), nearMsMax, signal);
  const leave = (): void => void near.destroy();
  signal.addEventListener('abort', leave);
  try {
    if (signal.aborted) throw new Error('it is no longer wanted');
    const identity = gateways.identity();
    const socket = plain === undefined ? await secured(near, identity) : near;
    const through = plain ?? deviceNamedBy((socket as TLSSocket).getPeerX509Certificate(), identity.ca ?? '');
    if (through === gateways.device) throw new Error('it is this device');
    await askThrough(socket, place);
    return { socket, areShort, through };
  } catch (error) {
    leave();
    throw error;
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/** A connection to a server through a gateway. Rejects with a `GatewayFault` as its code. */
export async function throughGateway(
  address: string,
  place: Place,
  gateways: Gateways,
  signal: AbortSignal,
): Promise<Reached> {
  try {
    return await begin(address, place, gateways, signal);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const kind: GatewayFault = code === 'GATEWAY_DARK' || code === 'GATEWAY_REFUSES' ? code : 'GATEWAY_UNREACHED';
    throw fault(kind, `gateway ${address}: ${failureOf(error)}`);
  }
}
