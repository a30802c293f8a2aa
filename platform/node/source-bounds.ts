/** What one source may have of a TLS server before anything is computed for it: connections at a time, and so many in a time. */
import type { Socket } from 'node:net';
import type { Server } from 'node:tls';
import { Allowance, type AllowanceTerms } from '../allowance.ts';
import type { Clock } from '../ports.ts';

/** For each source: an address, which is all that is known of who comes. */
export interface SourceBounds {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly connectionsMax: number;
  readonly pace: AllowanceTerms;
}

/** Sources that are remembered; of those without a connection the one that was silent for longest is forgotten. */
const sourcesMax = 1_024;

interface Source {
  open: number;
  readonly pace: Allowance;
}

class BoundedSources implements Disposable {
  readonly #bounds: SourceBounds;
  readonly #server: Server;
  readonly #begin: (socket: Socket) => void;
  /** The one that came last is the last. */
  readonly #sources = new Map<string, Source>();

  constructor(server: Server, bounds: SourceBounds) {
    this.#bounds = bounds;
    this.#server = server;
    const listeners = server.listeners('connection');
    server.removeAllListeners('connection');
    this.#begin = (socket) => {
      for (const listener of listeners) listener.call(server, socket);
    };
    server.on('connection', this.#enter);
  }

  readonly #enter = (socket: Socket): void => {
    const address = socket.remoteAddress ?? '';
    const { clock, connectionsMax, pace } = this.#bounds;
    const source = this.#sources.get(address) ?? { open: 0, pace: new Allowance(clock, pace) };
    this.#sources.delete(address);
    this.#sources.set(address, source);
    this.#forget();
    if (source.open >= connectionsMax || source.pace.waitMs() > 0) {
      socket.destroy();
      return;
    }
    source.open += 1;
    source.pace.spend();
    socket.once('close', () => (source.open -= 1));
    this.#begin(socket);
  };

  #forget(): void {
    if (this.#sources.size <= sourcesMax) return;
    for (const [address, { open }] of this.#sources) {
      if (open > 0) continue;
      this.#sources.delete(address);
      return;
    }
  }

  [Symbol.dispose](): void {
    this.#server.off('connection', this.#enter);
  }
}

/** Puts bounds before the handshakes of a server; who is beyond them is cut off. Dispose it when the server closes. */
export function boundSources(server: Server, bounds: SourceBounds): Disposable {
  return new BoundedSources(server, bounds);
}
