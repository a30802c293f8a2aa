/**
 * TLS handshakes in turn. A handshake costs the server a millisecond of computing, so those that come at once must not all
 * begin at once: each would run out of time. TCP connections wait, unread, for one of few places, fairly by source.
 *
 *     TCP accepted ──► waits (FairQueue) ──► handshake (a place) ──► secure, or closed
 */
import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import type { Clock } from '../../platform/ports.ts';
import { sourceOf } from '../../platform/source-address.ts';
import { FairQueue } from './fair-queue.ts';
import { HandshakePace } from './handshake-pace.ts';
import type { UnfinishedHandshakes } from './unfinished-handshakes.ts';

/** How many handshakes there may be. */
export interface HandshakeLimits {
  /** At the same time, where the event loop bears so many. One that hangs costs a place and no computing, so there are more places than cores by far. */
  readonly handshakesMax: number;
  /** Of these, the share that one source may hold. */
  readonly sourceShareMax: number;
  /** Connections that wait for their handshake. */
  readonly waitingMax: number;
  /** Who has waited this long is given up by the other end. */
  readonly waitingMs: number;
}

/** What holds unless a test says otherwise. */
export const handshakeLimits: HandshakeLimits = {
  handshakesMax: 512,
  sourceShareMax: 0.5,
  waitingMax: 16_384,
  waitingMs: 30_000,
};

/** How a server has to be made, to hand its connections over unread. */
export const unreadConnections = { pauseOnConnect: true } as const;

/** What it stands on, and who hears of a connection that found no room to wait, and how handshakes end. */
export interface FairHandshakesOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly onTurnedAway: (address: string, error: HandshakesFull) => void;
  readonly unfinished?: UnfinishedHandshakes;
  readonly limits?: Partial<HandshakeLimits>;
}

/** Who stays for so long without a word has said something that did not arrive. */
const hangingMs = 5_000;

/** Handshakes that begin in one turn of the event loop: what they compute adds up to some milliseconds. */
const beginsPerTurn = 8;

/** Told where a connection finds no room to wait. */
export class HandshakesFull extends Error {
  readonly code = 'HANDSHAKES_FULL';
  constructor(waitingMax: number) {
    super(`${waitingMax} connections wait for their TLS handshake; who is turned away tries again`);
  }
}

interface Knock {
  readonly socket: Socket;
  readonly enteredAt: number;
}

/** Both ends of a connection as the raw socket and the secure one name it alike. */
function endsOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

class FairHandshakes implements Disposable {
  readonly #begin: (socket: Socket) => void;
  readonly #options: FairHandshakesOptions;
  readonly #limits: HandshakeLimits;
  readonly #queue: FairQueue<Knock>;
  readonly #pace: HandshakePace;
  readonly #waiting = new Set<Socket>();
  /** Sources of handshakes that go on, by the ends of their connection. */
  readonly #going = new Map<string, string>();
  #isScheduled = false;

  constructor(server: Server, options: FairHandshakesOptions) {
    this.#options = options;
    this.#limits = { ...handshakeLimits, ...options.limits };
    this.#queue = new FairQueue(this.#limits.waitingMax);
    this.#pace = new HandshakePace(this.#limits.handshakesMax);
    const listeners = server.listeners('connection');
    server.removeAllListeners('connection');
    this.#begin = (socket) => {
      for (const listener of listeners) listener.call(server, socket);
    };
    server.on('connection', (socket: Socket) => this.#enter(socket));
    server.on('secureConnection', (socket: TLSSocket) => {
      this.#leave(endsOf(socket));
      options.unfinished?.finished(socket.remoteAddress ?? '');
    });
    // Node tells of a handshake that failed or took too long, and leaves its connection open.
    server.on('tlsClientError', (_error, socket) => socket.destroy());
  }

  #enter(socket: Socket): void {
    // Until the handshake begins nobody listens for its errors.
    socket.on('error', () => {});
    const turnedAway = this.#queue.enter(sourceOf(socket.remoteAddress ?? ''), {
      socket,
      enteredAt: this.#options.clock.monotonic(),
    });
    this.#waiting.add(socket);
    if (turnedAway !== undefined) this.#turnAway(turnedAway);
    this.#schedule();
  }

  #turnAway({ socket }: Knock): void {
    this.#options.onTurnedAway(socket.remoteAddress ?? '', new HandshakesFull(this.#limits.waitingMax));
    this.#waiting.delete(socket);
    socket.destroy();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#pace.roundOver(this.#options.clock.monotonic());
      for (let begun = 0; begun < beginsPerTurn; begun += 1) if (!this.#beginNext()) return;
      this.#schedule();
    });
  }

  /** Begins the handshake whose turn it is; false when there is none. */
  #beginNext(): boolean {
    const { places } = this.#pace;
    const turn = this.#queue.next(places, Math.ceil(places * this.#limits.sourceShareMax));
    if (turn === undefined) return false;
    const { socket, enteredAt } = turn.item;
    this.#waiting.delete(socket);
    const isLate = this.#options.clock.monotonic() - enteredAt > this.#limits.waitingMs;
    if (isLate || socket.destroyed) {
      this.#queue.leave(turn.source);
      socket.destroy();
      return true;
    }
    const ends = endsOf(socket);
    this.#going.set(ends, turn.source);
    const address = socket.remoteAddress ?? '';
    const begunAt = this.#options.clock.monotonic();
    socket.once('close', () => {
      // What was written in the middle of a handshake is what a server shows of itself. Whoever only looks whether it is there goes at once.
      const isKnock = socket.bytesWritten > 0 || this.#options.clock.monotonic() - begunAt >= hangingMs;
      if (this.#going.has(ends) && isKnock) this.#options.unfinished?.unfinished(address);
      this.#leave(ends);
    });
    this.#begin(socket);
    return true;
  }

  #leave(ends: string): void {
    const source = this.#going.get(ends);
    if (source === undefined) return;
    this.#going.delete(ends);
    this.#queue.leave(source);
    this.#pace.ended(this.#options.clock.monotonic());
    this.#schedule();
  }

  [Symbol.dispose](): void {
    for (const socket of this.#waiting) socket.destroy();
  }
}

/** Puts itself before the handshakes of a server made with `unreadConnections`; dispose it when the server closes. */
export function fairHandshakes(server: Server, options: FairHandshakesOptions): Disposable {
  return new FairHandshakes(server, options);
}
