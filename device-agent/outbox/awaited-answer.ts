import type { Clock } from '../../platform/ports.ts';
import { behindMs } from './limits.ts';
import type { OutboxChannel } from './outbox-channels.ts';

/** What became of a batch: the shore said something of it, later things were answered and it was not, or nothing came in time. */
export type Word = 'answered' | 'passed-over' | 'silence';

/** The shore's word on one batch, which is waited for. */
export class AwaitedAnswer {
  readonly channel: OutboxChannel;
  readonly #clock: Clock;
  readonly #said = Promise.withResolvers<Word>();
  readonly #timer: Disposable;
  /** When all of it had been sent, on the monotonic clock. */
  #sentMs = Number.POSITIVE_INFINITY;

  constructor(channel: OutboxChannel, clock: Clock, patienceMs: number) {
    this.channel = channel;
    this.#clock = clock;
    this.#timer = clock.after(patienceMs, () => this.end('silence'));
  }

  get word(): Promise<Word> {
    return this.#said.promise;
  }

  /** All of it is on its way. */
  sent(): void {
    this.#sentMs = this.#clock.monotonic();
  }

  /** The shore answered what was said at that time. What is said later arrives later: if this was heard, its answer is about to come. */
  heard(saidMs: number): void {
    if (this.#sentMs <= saidMs) this.#clock.after(behindMs, () => this.end('passed-over'));
  }

  end(word: Word): void {
    this.#timer[Symbol.dispose]();
    this.#said.resolve(word);
  }
}
