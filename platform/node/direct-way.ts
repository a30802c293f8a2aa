/** A connection to a server by this machine's own way. */
import { connect, isIP, type Socket } from 'node:net';
import { addressMsMax } from './address-patience.ts';
import { makeSocket } from './made-socket.ts';
import { nodeSegments } from './segments.ts';

/** A server, by name or address. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** A connection that was made, and how. */
export interface Reached {
  readonly socket: Socket;
  /** Whether its segments are short. */
  readonly areShort: boolean;
  /** The gateway that it goes through, by name. */
  readonly through?: string;
  /** To be told once the server has shown that it is whom it has to be: a gateway can say so of anybody. */
  readonly came?: () => void;
}

/** Makes a connection; `msMax` is for this machine's own way. */
export type Reach = (place: Place, msMax: number, signal: AbortSignal) => Promise<Reached>;

/** That nothing came of a connect in time: not even an address, or no answer from it. */
function lateness({ host, port }: Place, msMax: number, hasAddress: boolean): Error {
  const patience = `for ${msMax / 1_000} s`;
  return hasAddress
    ? Object.assign(new Error(`${host} port ${port} has not answered ${patience}`), { code: 'ETIMEDOUT' })
    : Object.assign(new Error(`no name server has told the address of ${host} ${patience}`), { code: 'LOOKUP' });
}

/** Resolves when it is connected. */
function connected(socket: Socket, place: Place, msMax: number, hasAddressAlready: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let hasAddress = hasAddressAlready;
    socket.once('lookup', () => {
      hasAddress = true;
    });
    socket.setTimeout(msMax, () => socket.destroy(lateness(place, msMax, hasAddress)));
    socket.once('connect', () => {
      socket.setTimeout(0);
      resolve();
    });
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
  });
}

/** By this machine's own way. */
export const reachDirectly: Reach = async (place, msMax, signal) => {
  const { host, port } = place;
  const short = nodeSegments.areShort ? await makeSocket(host, { areShort: true }) : undefined;
  const socket =
    short?.socket.connect({ host: short.address, port }) ??
    connect({ host, port, autoSelectFamilyAttemptTimeout: addressMsMax });
  const leave = (): void => void socket.destroy();
  signal.addEventListener('abort', leave);
  if (signal.aborted) leave();
  try {
    await connected(socket, place, msMax, short !== undefined || isIP(host) !== 0);
  } finally {
    signal.removeEventListener('abort', leave);
  }
  return { socket, areShort: short !== undefined };
};

/** What went wrong, in words: that of several addresses is told by each of them only. */
export function failureOf(error: unknown): string {
  const parts: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  return parts.map((part) => (part instanceof Error ? part.message : String(part))).join(', ');
}
