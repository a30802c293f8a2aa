/**
 * A relay on the loopback, in front of a library that holds whatever a server sends: here it is measured first. The library
 * takes it for an HTTP proxy and asks it with CONNECT (RFC 9110, 9.3.6), so TLS goes through it from end to end.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Relay, RelayEnd, Relays, RelayTarget } from '../ports.ts';
import { addressMsMax } from './address-patience.ts';

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

function dial({ host, port, connectMsMax }: RelayTarget): Socket {
  const server = connect({ host, port, autoSelectFamilyAttemptTimeout: addressMsMax });
  const message = `${host} port ${port} has not answered for ${connectMsMax / 1_000} s`;
  server.setTimeout(connectMsMax, () => server.destroy(new Error(message)));
  server.once('connect', () => server.setTimeout(0));
  return server;
}

/** Passes on what one says to the other, at the other's pace, as long as it is accepted. */
function pass(from: Socket, to: Socket, accepts: (bytes: number) => boolean): void {
  from.on('data', (chunk) => {
    if (accepts(chunk.length) && !to.write(chunk)) from.pause();
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
    const server = dial(this.#target);
    let isReached = false;
    this.#watch(server, () => (isReached ? 'closed' : 'unreachable'));
    server.once('connect', () => {
      isReached = true;
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      pass(client, server, () => true);
      pass(server, client, (bytes) => this.#accepts(bytes));
    });
  }

  #accepts(bytes: number): boolean {
    if (this.#target.accepts(bytes)) return true;
    this.#over('flooded', `${this.#target.host} sent more at once than is taken`);
    return false;
  }

  #watch(socket: Socket, kind: () => RelayEnd['kind']): void {
    socket.setNoDelay(true);
    this.#sockets.push(socket);
    socket.once('error', (error) => this.#over(kind(), error.message));
    socket.once('close', () => this.#over(kind(), 'the connection was closed'));
  }

  /** What ended first is how it ended. */
  #over(kind: RelayEnd['kind'], reason: string): void {
    this.#end.resolve({ kind, reason });
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
