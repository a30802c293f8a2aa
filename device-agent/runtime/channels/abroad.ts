import type { MessageAbroad, Sent } from './channel-messages.ts';
import { Wakers } from './wakers.ts';

/** Bytes of one channel that are on their way. */
const windowBytesMax = 2 ** 18;

interface Window {
  messages: number;
  bytes: number;
  readonly wakers: Wakers;
}

interface Underway {
  readonly application: string;
  readonly channel: string;
  readonly bytes: number;
}

/** Readers in other processes, all together as one: so much may be on the way to them, and what was taken makes room. */
export class Abroad {
  readonly #say: (message: MessageAbroad) => void;
  readonly #onLost: (application: string) => void;
  #read: ReadonlySet<string> = new Set();
  readonly #windows = new Map<string, Window>();
  readonly #underway = new Map<number, Underway>();
  #lastId = 0;

  /** `onLost` is called with who wrote a message that a reader elsewhere did not live to take. */
  constructor(say: (message: MessageAbroad) => void, onLost: (application: string) => void) {
    this.#say = say;
    this.#onLost = onLost;
  }

  /** These channels are read elsewhere. */
  apply(channels: readonly string[]): void {
    this.#read = new Set(channels);
    for (const { wakers } of this.#windows.values()) wakers.wake();
  }

  isRead(channel: string): boolean {
    return this.#read.has(channel);
  }

  hasRoom(channel: string, bytes: number, messagesMax: number): boolean {
    const window = this.#windows.get(channel);
    if (window === undefined || window.messages === 0) return true;
    return window.messages < messagesMax && window.bytes + bytes <= windowBytesMax;
  }

  send(application: string, channel: string, message: Uint8Array): void {
    const window = this.#windowOf(channel);
    window.messages += 1;
    window.bytes += message.length;
    this.#lastId += 1;
    this.#underway.set(this.#lastId, { application, channel, bytes: message.length });
    const data = Buffer.from(message.buffer, message.byteOffset, message.length).toString('base64');
    this.#say({ kind: 'message', id: this.#lastId, application, channel, data });
  }

  /** A message is not on the way any more. */
  sent({ id, isLost }: Sent): void {
    const message = this.#underway.get(id);
    if (message === undefined) return;
    this.#underway.delete(id);
    if (isLost) this.#onLost(message.application);
    const window = this.#windowOf(message.channel);
    window.messages -= 1;
    window.bytes -= message.bytes;
    window.wakers.wake();
  }

  /** Calls back once when there may be room. */
  onRoom(channel: string, callback: () => void): Disposable {
    return this.#windowOf(channel).wakers.add(callback);
  }

  #windowOf(channel: string): Window {
    const window = this.#windows.get(channel) ?? { messages: 0, bytes: 0, wakers: new Wakers() };
    this.#windows.set(channel, window);
    return window;
  }
}
