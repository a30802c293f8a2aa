/**
 * A link at the level of bytes: TCP through this process, which can be made slow, cut, or silent. Fault model:
 *
 *   up          bytes arrive after `delayMs`, in order
 *   cut()       every connection is reset; new ones go through
 *   refusing    nobody listens: a connect is refused
 *   silent      connections stay, as half-open ones do: no byte arrives on either side, nor that one side has ended; a new
 *               connection is taken and never answered
 */
import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';

const address = '127.0.0.1';

/** Emits `join` with each connection that is made through it, and `left` with each socket that is closed. */
export class ByteLink extends EventEmitter {
  delayMs = 0;
  readonly #target: () => number;
  readonly #sockets = new Set<Socket>();
  #isSilent = false;
  #listener: Server | undefined;
  #port = 0;

  private constructor(target: () => number) {
    super();
    this.#target = target;
  }

  /** A link to a port of the loopback that may change. */
  static async open(t: ExecutionContext, target: () => number): Promise<ByteLink> {
    const link = new ByteLink(target);
    await link.up();
    t.teardown(() => link.refuse());
    return link;
  }

  get port(): number {
    return this.#port;
  }

  /** How many sockets it holds. */
  get open(): number {
    return this.#sockets.size;
  }

  async up(): Promise<void> {
    // What was swallowed meanwhile is lost for these connections: as after an outage that both sides slept through.
    if (this.#isSilent) this.cut();
    this.#isSilent = false;
    if (this.#listener !== undefined) return;
    this.#listener = createServer((device) => this.#join(device)).listen(this.#port, address);
    await once(this.#listener, 'listening');
    this.#port = (this.#listener.address() as AddressInfo).port;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  silence(): void {
    this.#isSilent = true;
  }

  refuse(): void {
    this.#listener?.close();
    this.#listener = undefined;
    this.cut();
  }

  #join(device: Socket): void {
    this.#hold(device);
    this.emit('join');
    if (this.#isSilent || device.destroyed) return;
    const shore = connect(this.#target(), address);
    this.#hold(shore);
    this.#carry(device, shore);
    this.#carry(shore, device);
  }

  #hold(socket: Socket): void {
    this.#sockets.add(socket.setNoDelay(true));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.emit('left');
    });
  }

  #carry(from: Socket, to: Socket): void {
    const later = (act: () => void): void => {
      if (this.#isSilent) return;
      if (this.delayMs === 0) act();
      else setTimeout(() => !this.#isSilent && act(), this.delayMs);
    };
    from.on('data', (chunk) => later(() => to.write(chunk)));
    from.on('close', () => later(() => to.destroy()));
  }
}
