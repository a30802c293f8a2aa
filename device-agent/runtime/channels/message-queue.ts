import type { Readiness } from '../../../platform/streams.ts';
import { Wakers } from './wakers.ts';

/** All messages that wait for one reader; a message that is larger waits alone. */
const queueBytesMax = 2 ** 20;

/** The messages of one channel that wait for one application. Ready when there is one. */
export class MessageQueue implements Readiness {
  #messages: Uint8Array[] = [];
  #bytes = 0;
  readonly #readers = new Wakers();
  readonly #writers = new Wakers();
  /** Messages that were dropped because it lagged behind. */
  dropped = 0;

  get length(): number {
    return this.#messages.length;
  }

  isReady(): boolean {
    return this.#messages.length > 0;
  }

  onReady(callback: () => void): Disposable {
    return this.#readers.add(callback);
  }

  /** Calls back once when there may be room. */
  onRoom(callback: () => void): Disposable {
    return this.#writers.add(callback);
  }

  hasRoom(bytes: number, messagesMax: number): boolean {
    if (this.#messages.length === 0) return true;
    return this.#messages.length < messagesMax && this.#bytes + bytes <= queueBytesMax;
  }

  push(message: Uint8Array): void {
    this.#messages.push(message);
    this.#bytes += message.length;
    this.#readers.wake();
  }

  /** Makes room by dropping what waits longest. */
  pushOver(message: Uint8Array, messagesMax: number): void {
    while (!this.hasRoom(message.length, messagesMax)) {
      this.#bytes -= this.#messages.shift()!.length;
      this.dropped += 1;
    }
    this.push(message);
  }

  take(): Uint8Array | undefined {
    const message = this.#messages.shift();
    if (message === undefined) return undefined;
    this.#bytes -= message.length;
    this.#writers.wake();
    return message;
  }
}
