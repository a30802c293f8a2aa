import type { MessageAbroad } from './channel-messages.ts';
import { Wakers } from './wakers.ts';

/** Bytes of one channel that are on their way. */
const windowBytesMax = 2 ** 18;

interface Window {
  messages: number;
  bytes: number;
  readonly wakers: Wakers;
}

/** Readers in other processes, all together as one: so much may be on the way to them, and what was taken makes room. */
export class Abroad {
  readonly #say: (message: MessageAbroad) => void;
  #readers: Readonly<Record<string, number>> = {};
  readonly #windows = new Map<string, Window>();
  readonly #underway = new Map<number, { readonly channel: string; readonly bytes: number }>();
  #lastId = 0;

  constructor(say: (message: MessageAbroad) => void) {
    this.#say = say;
  }

  /** How many read each channel elsewhere. */
  apply(readers: Readonly<Record<string, number>>): void {
    this.#readers = readers;
    for (const { wakers } of this.#windows.values()) wakers.wake();
  }

  isRead(channel: string): boolean {
    return (this.#readers[channel] ?? 0) > 0;
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
    this.#underway.set(this.#lastId, { channel, bytes: message.length });
    const data = Buffer.from(message.buffer, message.byteOffset, message.length).toString('base64');
    this.#say({ kind: 'message', id: this.#lastId, application, channel, data });
  }

  /** A message arrived, wherever it was to. */
  sent(id: number): void {
    const message = this.#underway.get(id);
    if (message === undefined) return;
    this.#underway.delete(id);
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
