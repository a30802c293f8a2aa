import type { Socket } from 'node:net';
import { FileError } from '../file-handles.ts';
import type { Connection, InputStream, OutputStream, Readiness } from '../streams.ts';

/** Held in either direction; then the other end, or the program, waits. */
export const bufferBytesMax = 65_536;
/** How long what was written may take to be sent after it was closed. */
const flushMsMax = 30_000;

/** A socket of Node's, or a device behind one, as a connection of a guest. */
export class SocketConnection implements Connection {
  readonly #socket: Socket;
  readonly #waiting = new Set<() => void>();
  readonly #endless: boolean;
  #error: Error | undefined;
  readonly input: InputStream;
  readonly output: OutputStream;

  /** Of what is `isEndless`, a device, the end is a fault. */
  constructor(socket: Socket, { isEndless = false } = {}) {
    this.#socket = socket;
    this.#endless = isEndless;
    const wake = (): void => {
      for (const callback of [...this.#waiting]) callback();
    };
    for (const event of ['readable', 'end', 'connect', 'drain', 'close']) socket.on(event, wake);
    socket.on('error', (error) => {
      this.#error = error;
      wake();
    });
    this.input = {
      ...this.#readiness(() => this.#mayRead()),
      read: (into) => this.#read(into),
      available: () => socket.readableLength,
      hasEnded: () => this.#hasEnded(),
    };
    this.output = { ...this.#readiness(() => this.#mayWrite()), write: (bytes) => this.#write(bytes) };
  }

  #readiness(isReady: () => boolean): Readiness {
    return {
      isReady,
      onReady: (callback) => {
        this.#waiting.add(callback);
        return { [Symbol.dispose]: () => void this.#waiting.delete(callback) };
      },
    };
  }

  #hasEnded(): boolean {
    const { destroyed, readableEnded, readableLength } = this.#socket;
    return readableEnded || (destroyed && readableLength === 0);
  }

  #mayRead(): boolean {
    return this.#socket.readableLength > 0 || this.#socket.readableEnded || this.#socket.destroyed;
  }

  #mayWrite(): boolean {
    const { connecting, destroyed, writable, writableLength } = this.#socket;
    return destroyed || !writable || (!connecting && writableLength < bufferBytesMax);
  }

  #read(into: Uint8Array): number {
    const { readableLength } = this.#socket;
    if (readableLength === 0 && this.#error !== undefined) throw new FileError('io', this.#error.message);
    if (this.#endless && this.#hasEnded()) throw new FileError('io', 'it is gone');
    if (into.length === 0) return 0;
    // Asked for nothing it looks whether the end has come.
    const bytes: Uint8Array | null = this.#socket.read(
      readableLength === 0 ? undefined : Math.min(into.length, readableLength),
    );
    if (bytes === null) return 0;
    into.set(bytes);
    return bytes.length;
  }

  #write(bytes: Uint8Array): number {
    const { destroyed, writable } = this.#socket;
    if (destroyed || !writable)
      throw new FileError(this.#endless ? 'io' : 'pipe', this.#error?.message ?? 'the connection is closed');
    if (!this.#mayWrite()) return 0;
    const part = bytes.slice(0, bufferBytesMax);
    this.#socket.write(part);
    return part.length;
  }

  shutdown({ send }: { readonly receive: boolean; readonly send: boolean }): void {
    if (send) this.#socket.end();
  }

  /** What was written is still sent, as far as that takes no longer than it may. */
  close(): void {
    const socket = this.#socket;
    this.#waiting.clear();
    socket.setTimeout(flushMsMax, () => socket.destroy());
    if (!this.#endless) {
      socket.end();
      socket.resume();
    } else if (socket.writableLength === 0) socket.destroy();
    else socket.write(new Uint8Array(0), () => socket.destroy());
  }
}
