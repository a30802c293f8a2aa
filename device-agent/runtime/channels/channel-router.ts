import type { Log } from '../../../platform/ports.ts';
import type { DeployedApplication } from '../../../schemas/generated/types.ts';
import { channelTerms } from './channel-hub.ts';
import type { MessageAbroad, MessageHere, Sent } from './channel-messages.ts';

type Channelled = Pick<DeployedApplication, 'name' | 'channels'>;

/** What an honest host never exceeds, as its own windows are smaller. */
const underwayMax = 2_048;

interface Underway {
  readonly from: string;
  readonly id: number;
  /** The hosts that have not taken it yet. */
  readonly to: Set<string>;
  isLost: boolean;
}

const reads =
  (channel: string) =>
  ({ channels }: Channelled): boolean =>
    Object.hasOwn(channels?.in ?? {}, channel);

/** How the router reaches a host; false where that one can't hear. */
export type Post = (host: string, message: MessageHere | Sent) => boolean;

/**
 * Carries messages between processes. A host is handed what its applications read and nothing else, and is believed only about
 * channels that its applications write. Nothing is kept here but who has still to take what.
 */
export class ChannelRouter {
  readonly #post: Post;
  readonly #log: Log;
  #hosts: ReadonlyMap<string, readonly Channelled[]> = new Map();
  readonly #underway = new Map<number, Underway>();
  readonly #countOf = new Map<string, number>();
  #lastId = 0;

  constructor(post: Post, log: Log) {
    this.#post = post;
    this.#log = log;
  }

  /** Who runs where from now on. */
  arrange(hosts: ReadonlyMap<string, readonly Channelled[]>): void {
    this.#hosts = hosts;
    for (const one of this.#underway.values())
      for (const host of [...one.to]) if (!hosts.has(host)) this.#lose(one, host);
    for (const id of [...this.#underway.keys()]) this.#settle(id);
  }

  /** Channels that are written in a host and read elsewhere. */
  readElsewhere(host: string): readonly string[] {
    const written = new Set((this.#hosts.get(host) ?? []).flatMap(({ channels }) => Object.keys(channels?.out ?? {})));
    return [...written].filter((channel) => this.#readersOf(channel, host).length > 0);
  }

  /** A host has a message for others. */
  carry(from: string, { id, application, channel, data }: MessageAbroad): void {
    const writer = this.#hosts.get(from)?.find(({ name }) => name === application);
    const terms = writer?.channels?.out?.[channel];
    const count = this.#countOf.get(from) ?? 0;
    if (terms === undefined || count >= underwayMax) {
      this.#log.write('warn', 'runtime.channel.refused', { host: from, application, channel, underway: count });
      return;
    }
    this.#lastId += 1;
    const underway = { from, id, to: new Set(this.#readersOf(channel, from)), isLost: false };
    this.#underway.set(this.#lastId, underway);
    this.#countOf.set(from, count + 1);
    const message: MessageHere = { kind: 'message', id: this.#lastId, channel, terms: channelTerms(terms), data };
    for (const host of [...underway.to]) if (!this.#post(host, message)) this.#lose(underway, host);
    this.#settle(message.id);
  }

  /** A host took a message. */
  took(host: string, id: number): void {
    this.#underway.get(id)?.to.delete(host);
    this.#settle(id);
  }

  /** A host died: what was on the way to it is lost, and it waits for nothing any more. */
  died(host: string): void {
    for (const [id, underway] of [...this.#underway]) {
      this.#lose(underway, host);
      if (underway.from === host) this.#underway.delete(id);
      else this.#settle(id);
    }
    this.#countOf.delete(host);
  }

  #lose(underway: Underway, host: string): void {
    if (underway.to.delete(host)) underway.isLost = true;
  }

  #readersOf(channel: string, from: string): string[] {
    return [...this.#hosts]
      .filter(([host, applications]) => host !== from && applications.some(reads(channel)))
      .map(([host]) => host);
  }

  #settle(id: number): void {
    const underway = this.#underway.get(id);
    if (underway === undefined || underway.to.size > 0) return;
    const { from, isLost } = underway;
    this.#underway.delete(id);
    this.#countOf.set(from, (this.#countOf.get(from) ?? 1) - 1);
    this.#post(from, { kind: 'sent', id: underway.id, ...(isLost ? { isLost } : {}) });
  }
}
