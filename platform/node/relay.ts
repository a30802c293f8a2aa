/**
 * A relay on the loopback, in front of a library that holds whatever a server sends: here it is measured first. The library
 * takes it for an HTTP proxy and asks it with CONNECT (RFC 9110, 9.3.6), so TLS goes through it from end to end.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, isIP, type Server, type Socket } from 'node:net';
import type { Relay, RelayEnd, Relays, RelayTarget } from '../ports.ts';
import { addressMsMax } from './address-patience.ts';
import { interfaceOf } from './interface-of.ts';
import { makeSocket } from './made-socket.ts';
import { nodeSegments } from './segments.ts';
import { connectionBytes, travelOf } from './travel.ts';

const requestBytesMax = 4_096;
const loopback = '127.0.0.1';

/** Reads one CONNECT request; what it names does not matter, for a relay leads to one place. */
async function readConnect(client: Socket): Promise<void> {
  let text = '';
  for (;;) {
    const [chunk] = (await once(client, 'data')) as [Buffer];
    text += chunk.toString('latin1');
    if (text.startsWith('CONNECT ') && text.endsWith('\r\n\r\n')) return;
    if (text.length > requestBytesMax || text.includes('\r\n\r\n')) throw new Error('what came was no CONNECT request');
  }
}

/** That nothing came of a connect in time: not even an address, or no answer from it. */
function lateness({ host, port, connectMsMax }: RelayTarget, hasAddress: boolean): Error {
  const patience = `for ${connectMsMax / 1_000} s`;
  return hasAddress
    ? Object.assign(new Error(`${host} port ${port} has not answered ${patience}`), { code: 'ETIMEDOUT' })
    : Object.assign(new Error(`no name server has told the address of ${host} ${patience}`), { code: 'LOOKUP' });
}

/** A connection under way, and whether its segments are short. */
interface Dialled {
  readonly server: Socket;
  readonly areShort: boolean;
}

function waitFor(target: RelayTarget, server: Socket, hasAddressAlready: boolean): void {
  const { connectMsMax } = target;
  let hasAddress = hasAddressAlready;
  server.once('lookup', () => {
    hasAddress = true;
  });
  server.setTimeout(connectMsMax, () => server.destroy(lateness(target, hasAddress)));
  server.once('connect', () => server.setTimeout(0));
}

async function dial(target: RelayTarget): Promise<Dialled> {
  const { host, port } = target;
  const short = nodeSegments.areShort ? await makeSocket(host, { areShort: true }) : undefined;
  const server =
    short?.socket.connect({ host: short.address, port }) ??
    connect({ host, port, autoSelectFamilyAttemptTimeout: addressMsMax });
  waitFor(target, server, short !== undefined || isIP(host) !== 0);
  return { server, areShort: short !== undefined };
}

function codeOf(error: NodeJS.ErrnoException): string | undefined {
  return error.code;
}

/** What went wrong, in words: that of several addresses is told by each of them only. */
function failureOf(error: Error): string {
  const parts: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  return parts.map((part) => (part instanceof Error ? part.message : String(part))).join(', ');
}

/** Passes on what one says to the other, at the other's pace, as long as it is accepted. */
function pass(from: Socket, to: Socket, accepts: (chunk: Buffer) => boolean): void {
  from.on('data', (chunk: Buffer) => {
    if (accepts(chunk) && !to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
}

class LoopbackRelay implements Relay {
  readonly port: number;
  readonly ended: Promise<RelayEnd>;
  readonly #target: RelayTarget;
  readonly #listener: Server;
  readonly #end = Promise.withResolvers<RelayEnd>();
  readonly #sockets: Socket[] = [];
  #firstByte: number | undefined;
  #replyByte: number | undefined;

  constructor(target: RelayTarget, listener: Server) {
    this.#target = target;
    this.#listener = listener;
    this.port = (listener.address() as AddressInfo).port;
    this.ended = this.#end.promise;
    listener.once('connection', (client) => {
      listener.close();
      void this.#serve(client);
    });
  }

  async #serve(client: Socket): Promise<void> {
    this.#watch(client, () => 'left');
    try {
      await readConnect(client);
    } catch (error) {
      return this.#over('left', (error as Error).message);
    }
    try {
      this.#lead(client, await dial(this.#target));
    } catch (error) {
      this.#over('unreachable', (error as Error).message, codeOf(error as Error));
    }
  }

  #lead(client: Socket, { server, areShort }: Dialled): void {
    let isReached = false;
    this.#watch(server, () => (isReached ? 'closed' : 'unreachable'));
    if (client.destroyed) return void server.destroy();
    void this.ended.then(({ kind, firstByte }) => {
      // A server's first flight is longer than what some links carry.
      if (isReached && kind === 'left' && firstByte === undefined) nodeSegments.cameToNothing(areShort);
    });
    server.once('connect', () => {
      isReached = true;
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      const count = this.#counting(server);
      pass(client, server, (chunk) => count(chunk) && this.#replies(chunk));
      pass(server, client, (chunk) => count(chunk) && this.#accepts(chunk));
    });
  }

  /** Counts what goes over a connection, by the interface that it went out of. */
  #counting({ localAddress }: Socket): (chunk: Buffer) => true {
    const { countTravel } = this.#target;
    if (countTravel === undefined) return () => true;
    const via = interfaceOf(localAddress);
    countTravel(connectionBytes, via);
    return ({ length }) => {
      countTravel(travelOf(length), via);
      return true;
    };
  }

  #replies(chunk: Buffer): boolean {
    if (this.#firstByte !== undefined) this.#replyByte ??= chunk[0];
    return true;
  }

  #accepts(chunk: Buffer): boolean {
    this.#firstByte ??= chunk[0];
    if (this.#target.accepts(chunk.length)) return true;
    this.#over('flooded', `${this.#target.host} sent more at once than is taken`);
    return false;
  }

  #watch(socket: Socket, kind: () => RelayEnd['kind']): void {
    socket.setNoDelay(true);
    this.#sockets.push(socket);
    socket.once('error', (error) => this.#over(kind(), failureOf(error), codeOf(error)));
    socket.once('close', () => this.#over(kind(), 'the connection was closed'));
  }

  /** What ended first is how it ended. */
  #over(kind: RelayEnd['kind'], reason: string, code?: string): void {
    const [firstByte, replyByte] = [this.#firstByte, this.#replyByte];
    this.#end.resolve({
      ...{ kind, reason },
      ...(code === undefined ? {} : { code }),
      ...(firstByte === undefined ? {} : { firstByte }),
      ...(replyByte === undefined ? {} : { replyByte }),
    });
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  [Symbol.dispose](): void {
    this.#over('left', 'it is not needed any more');
  }
}

/** Relays over TCP. */
export const nodeRelays: Relays = {
  open: async (target) => {
    const listener = createServer();
    listener.listen(0, loopback);
    await once(listener, 'listening');
    return new LoopbackRelay(target, listener);
  },
};
