import type { ChannelHub } from './channel-hub.ts';
import type { MessageHere, Took } from './channel-messages.ts';

/** Messages from other processes: each is handed on in its order, and answered when it was taken. */
export class Arrivals {
  readonly #hub: ChannelHub;
  readonly #say: (message: Took) => void;
  readonly #waiting = new Map<string, MessageHere[]>();

  constructor(hub: ChannelHub, say: (message: Took) => void) {
    this.#hub = hub;
    this.#say = say;
  }

  take(message: MessageHere): void {
    const waiting = this.#waiting.get(message.channel);
    if (waiting !== undefined) return void waiting.push(message);
    if (!this.#handOn(message)) this.#wait(message.channel, [message]);
  }

  #handOn({ id, channel, terms, data }: MessageHere): boolean {
    if (this.#hub.putHere(channel, terms, Buffer.from(data, 'base64')) === 'full') return false;
    this.#say({ kind: 'took', id });
    return true;
  }

  #wait(channel: string, messages: MessageHere[]): void {
    this.#waiting.set(channel, messages);
    this.#hub.onRoomHere(channel, () => {
      while (messages[0] !== undefined && this.#handOn(messages[0])) messages.shift();
      if (messages.length === 0) this.#waiting.delete(channel);
      else this.#wait(channel, messages);
    });
  }
}
