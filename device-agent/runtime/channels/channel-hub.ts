import type { ChannelOut, DeployedApplication } from '../../../schemas/generated/types.ts';
import { MessageQueue } from './message-queue.ts';

/** What a channel's manifest leaves out. */
const channelDefaults = { queue: 64, messageBytes: 65_536, framing: 'line', drop: 'oldest' } as const;

/** A channel as its writer has it. */
export type ChannelTerms = Required<Pick<ChannelOut, keyof typeof channelDefaults>>;

/** The terms with what the manifest leaves out. */
export function channelTerms(channel: ChannelOut): ChannelTerms {
  return { ...channelDefaults, ...channel };
}

type Channelled = Pick<DeployedApplication, 'name' | 'channels'>;

/** What became of a message: `full` means that its writer is to wait. */
export type Put = 'taken' | 'full' | 'unread';

const nothing: Disposable = { [Symbol.dispose]: () => {} };

/**
 * Connects the applications of one process that name the same channel. Each reader has a queue of its own, so that a slow one
 * holds up no other: alone, it makes the writer wait; beside others, it loses messages.
 */
export class ChannelHub {
  readonly #readers = new Map<string, Map<string, MessageQueue>>();

  /** Opens queues for what these read, and lets go of those that nobody reads any more; the others keep what waits. */
  apply(applications: readonly Channelled[]): void {
    const wanted = new Map<string, Set<string>>();
    for (const { name, channels } of applications) {
      for (const channel of Object.keys(channels?.in ?? {})) {
        wanted.set(channel, (wanted.get(channel) ?? new Set()).add(name));
      }
    }
    for (const [channel, readers] of this.#readers) {
      for (const name of readers.keys()) if (!wanted.get(channel)?.has(name)) readers.delete(name);
      if (readers.size === 0) this.#readers.delete(channel);
    }
    for (const [channel, names] of wanted) {
      const readers = this.#readers.get(channel) ?? new Map<string, MessageQueue>();
      this.#readers.set(channel, readers);
      for (const name of names) if (!readers.has(name)) readers.set(name, new MessageQueue());
    }
  }

  /** The queue of an application that reads the channel. */
  queue(application: string, channel: string): MessageQueue | undefined {
    return this.#readers.get(channel)?.get(application);
  }

  /** Hands a message to all that read the channel, or to none. */
  put(channel: string, { queue: messagesMax, drop }: ChannelTerms, message: Uint8Array): Put {
    const queues = [...(this.#readers.get(channel)?.values() ?? [])];
    if (queues.length === 0) return 'unread';
    if (queues.length === 1 && !queues[0]!.hasRoom(message.length, messagesMax)) return 'full';
    for (const queue of queues) {
      if (queue.hasRoom(message.length, messagesMax)) queue.push(message);
      else if (drop === 'oldest') queue.pushOver(message, messagesMax);
      else queue.dropped += 1;
    }
    return 'taken';
  }

  /** Calls back once when a channel that was full may take something. */
  onRoom(channel: string, callback: () => void): Disposable {
    const [queue] = this.#readers.get(channel)?.values() ?? [];
    if (queue !== undefined) return queue.onRoom(callback);
    // Its only reader is gone: there is nobody to wait for.
    queueMicrotask(callback);
    return nothing;
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
