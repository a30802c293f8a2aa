import type { ChannelOut, DeployedApplication } from '../../../schemas/generated/types.ts';
import type { Abroad } from './abroad.ts';
import { MessageQueue } from './message-queue.ts';
import { onFirst, Wakers } from './wakers.ts';

/** What a channel's manifest leaves out. */
const channelDefaults = { queue: 64, messageBytes: 65_536, framing: 'line', drop: 'oldest' } as const;

/** A channel as its writer has it. */
export type ChannelTerms = Required<Pick<ChannelOut, keyof typeof channelDefaults>> & Pick<ChannelOut, 'shore'>;

/** The terms with what the manifest leaves out. */
export function channelTerms(channel: ChannelOut): ChannelTerms {
  return { ...channelDefaults, ...channel };
}

type Channelled = Pick<DeployedApplication, 'name' | 'channels'>;

/** Who reads which channel. */
function readersOf(applications: readonly Channelled[]): ReadonlyMap<string, ReadonlySet<string>> {
  const readers = new Map<string, Set<string>>();
  for (const { name, channels } of applications) {
    for (const channel of Object.keys(channels?.in ?? {})) {
      readers.set(channel, (readers.get(channel) ?? new Set()).add(name));
    }
  }
  return readers;
}

/** What became of a message: `full` means that its writer is to wait. */
export type Put = 'taken' | 'full' | 'unread';

/**
 * Connects the applications that name the same channel. Each reader has a queue of its own; those of other processes count as
 * one. Who writes goes at the pace of the quickest reader: it waits when nobody has room. Who lags behind loses messages, and
 * holds nobody up.
 */
export class ChannelHub {
  readonly #readers = new Map<string, Map<string, MessageQueue>>();
  /** Those that wait for room, to be woken when readers come or go. */
  readonly #waiting = new Map<string, Wakers>();
  readonly #abroad: Abroad;
  readonly #onLost: (application: string, count: number) => void;
  readonly #onFirst: () => void;
  /** By writer, the channels that it has written to. */
  readonly #written = new Map<string, Set<string>>();

  /**
   * `onLost` is called with what an application that reads a channel no more has lost of it, what waits included; `onFirst` when
   * one wrote to a channel for the first time.
   */
  constructor(abroad: Abroad, onLost: (application: string, count: number) => void, onFirst: () => void = () => {}) {
    this.#abroad = abroad;
    this.#onLost = onLost;
    this.#onFirst = onFirst;
  }

  /** Opens queues for what these read besides what is open: messages may come before they are there to take them. */
  open(applications: readonly Channelled[]): void {
    for (const [channel, names] of readersOf(applications)) {
      const readers = this.#readers.get(channel) ?? new Map<string, MessageQueue>();
      this.#readers.set(channel, readers);
      for (const name of names) if (!readers.has(name)) readers.set(name, new MessageQueue());
    }
    this.#wakeAll();
  }

  /** Opens queues for what these read, and lets go of those that nobody reads any more; the others keep what waits. */
  apply(applications: readonly Channelled[]): void {
    const wanted = readersOf(applications);
    for (const [channel, readers] of this.#readers)
      for (const name of readers.keys()) if (!wanted.get(channel)?.has(name)) this.#close(channel, name);
    this.open(applications);
  }

  /** An application that has come to its end reads no more: nobody waits for it. */
  leave(application: string): void {
    const channels = [...this.#readers].filter(([, readers]) => readers.has(application));
    for (const [channel] of channels) this.#close(channel, application);
    if (channels.length > 0) this.#wakeAll();
  }

  #close(channel: string, application: string): void {
    const readers = this.#readers.get(channel);
    const queue = readers?.get(application);
    if (readers === undefined || queue === undefined) return;
    readers.delete(application);
    if (readers.size === 0) this.#readers.delete(channel);
    this.#onLost(application, queue.dropped + queue.length);
  }

  #wakeAll(): void {
    for (const wakers of this.#waiting.values()) wakers.wake();
    this.#waiting.clear();
  }

  /** The queue of an application that reads the channel. */
  queue(application: string, channel: string): MessageQueue | undefined {
    return this.#readers.get(channel)?.get(application);
  }

  /** Hands a message to all that read the channel, or to none. `onDropped` is called where those elsewhere have no room. */
  put(writer: string, channel: string, terms: ChannelTerms, message: Uint8Array, onDropped: () => void): Put {
    const put = this.#handOn(writer, channel, terms, message, onDropped);
    if (put !== 'full') this.#note(writer, channel);
    return put;
  }

  #note(writer: string, channel: string): void {
    const channels = this.#written.get(writer) ?? new Set<string>();
    if (channels.has(channel)) return;
    this.#written.set(writer, channels.add(channel));
    this.#onFirst();
  }

  /** The channels that an application has written to since it was begun. */
  written(application: string): readonly string[] {
    return [...(this.#written.get(application) ?? [])];
  }

  /** It is begun anew, or not at all. */
  forget(application: string): void {
    this.#written.delete(application);
  }

  #handOn(writer: string, channel: string, terms: ChannelTerms, message: Uint8Array, onDropped: () => void): Put {
    if (!this.#abroad.isRead(channel)) return this.putHere(channel, terms, message);
    const hasRoom = this.#abroad.hasRoom(channel, message.length, terms.queue);
    if (!hasRoom && !this.#hasRoomHere(channel, terms, message)) return 'full';
    if (hasRoom) this.#abroad.send(writer, channel, message);
    else onDropped();
    this.#push(channel, terms, message);
    return 'taken';
  }

  /** Hands a message to those of this process that read the channel. */
  putHere(channel: string, terms: ChannelTerms, message: Uint8Array): Put {
    if (!this.#readers.has(channel)) return 'unread';
    if (!this.#hasRoomHere(channel, terms, message)) return 'full';
    this.#push(channel, terms, message);
    return 'taken';
  }

  #hasRoomHere(channel: string, { queue }: ChannelTerms, { length }: Uint8Array): boolean {
    return this.#queues(channel).some((one) => one.hasRoom(length, queue));
  }

  #push(channel: string, { queue: messagesMax, drop }: ChannelTerms, message: Uint8Array): void {
    for (const queue of this.#queues(channel)) {
      if (queue.hasRoom(message.length, messagesMax)) queue.push(message);
      else if (drop === 'oldest') queue.pushOver(message, messagesMax);
      else queue.dropped += 1;
    }
  }

  #queues(channel: string): MessageQueue[] {
    return [...(this.#readers.get(channel)?.values() ?? [])];
  }

  /** Calls back once when a channel that was full may take something. */
  onRoom(channel: string, callback: () => void): Disposable {
    const here = (woken: () => void): Disposable => this.onRoomHere(channel, woken);
    return onFirst([here, (woken) => this.#abroad.onRoom(channel, woken)], callback);
  }

  /** The same of its readers in this process: a reader that goes makes room too. */
  onRoomHere(channel: string, callback: () => void): Disposable {
    const wakers = this.#waiting.get(channel) ?? new Wakers();
    this.#waiting.set(channel, wakers);
    const queues = this.#queues(channel).map((queue) => (woken: () => void) => queue.onRoom(woken));
    return onFirst([(woken) => wakers.add(woken), ...queues], callback);
  }

  /** Messages that wait for an application, and those that it lost. */
  counts(application: string): { readonly waiting: number; readonly dropped: number } {
    const sum = { waiting: 0, dropped: 0 };
    for (const readers of this.#readers.values()) {
      const queue = readers.get(application);
      sum.waiting += queue?.length ?? 0;
      sum.dropped += queue?.dropped ?? 0;
    }
    return sum;
  }
}
