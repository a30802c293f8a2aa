/**
 * A relay on the loopback, in front of a library that holds whatever a server sends: here it is measured first. The library
 * takes it for an HTTP proxy and asks it with CONNECT (RFC 9110, 9.3.6), so TLS goes through it from end to end.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Relay, RelayEnd, Relays, RelayTarget } from '../ports.ts';
import { failureOf, type Reach, type Reached, reachDirectly } from './direct-way.ts';
import { interfaceOf } from './interface-of.ts';
import { pass } from './pass.ts';
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

function codeOf(error: NodeJS.ErrnoException): string | undefined {
  return error.code;
}

class LoopbackRelay implements Relay {
  readonly port: number;
  readonly ended: Promise<RelayEnd>;
  readonly #target: RelayTarget;
  readonly #reach: Reach;
  readonly #listener: Server;
  readonly #left = new AbortController();
  readonly #end = Promise.withResolvers<RelayEnd>();
  readonly #sockets: Socket[] = [];
  #firstByte: number | undefined;
  #replyByte: number | undefined;
  through: string | undefined;
  #came: (() => void) | undefined;

  constructor(target: RelayTarget, reach: Reach, listener: Server) {
    this.#target = target;
    this.#reach = reach;
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
    const { connectMsMax } = this.#target;
    try {
      this.#lead(client, await this.#reach(this.#target, connectMsMax, this.#left.signal));
    } catch (error) {
      this.#over('unreachable', failureOf(error), codeOf(error as Error));
    }
  }

  #lead(client: Socket, { socket: server, areShort, through, came }: Reached): void {
    this.#watch(server, () => 'closed');
    if (client.destroyed) return void server.destroy();
    this.through = through;
    this.#came = came;
    void this.ended.then(({ kind, firstByte }) => {
      // A server's first flight is longer than what some links carry. What lies behind a gateway is the gateway's own to see.
      if (kind === 'left' && firstByte === undefined && through === undefined) nodeSegments.cameToNothing(areShort);
    });
    client.write('HTTP/1.1 200 OK\r\n\r\n');
    const count = this.#counting(server);
    pass(client, server, (chunk) => count(chunk) && this.#replies(chunk));
    pass(server, client, (chunk) => count(chunk) && this.#accepts(chunk));
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
    this.#left.abort();
    for (const socket of this.#sockets) socket.destroy();
  }

  came(): void {
    this.#came?.();
  }

  [Symbol.dispose](): void {
    this.#over('left', 'it is not needed any more');
  }
}

/** Relays over TCP, by the ways that `reach` knows. */
export function openRelays(reach: Reach): Relays {
  return {
    open: async (target) => {
      const listener = createServer();
      listener.listen(0, loopback);
      await once(listener, 'listening');
      return new LoopbackRelay(target, reach, listener);
    },
  };
}

/** By this machine's own way. */
export const nodeRelays: Relays = openRelays(reachDirectly);
