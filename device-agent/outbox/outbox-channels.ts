import { type Clock, type Disk, DiskError, type Log } from '../../platform/ports.ts';
import { ChannelBacklog } from './channel-backlog.ts';
import { channelDirectory, namesIn } from './files/channel-files.ts';
import { batchMessagesMax, channelsMax, ownMessagesMax } from './limits.ts';

/** Why the shore lets a device keep what it has of a channel. */
export interface Held {
  readonly code: string;
  readonly message: string;
}

/** A channel of an application of this device, as it may have been deployed once. */
export interface OutboxChannel {
  readonly application: string;
  readonly channel: string;
  readonly backlog: ChannelBacklog;
  /** Not sent before, on the monotonic clock. */
  notBeforeMs: number;
  held: Held | undefined;
}

/** A channel that is no application's, and where its files lie. */
export interface OwnChannel {
  readonly application: string;
  readonly channel: string;
  readonly directory: string;
}

/** What they are found with. */
export interface OutboxChannelsPorts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * All channels that ever had something for the shore, found by their files: also of applications that run no more. The agent's own is
 * one of them.
 */
export class OutboxChannels {
  readonly #directory: string;
  readonly #ports: OutboxChannelsPorts;
  /** What the agent itself has to say. */
  readonly own: OutboxChannel;
  readonly #channels = new Map<string, OutboxChannel>();
  /** What is wrong with a channel's files, told once. */
  readonly #troubles = new Map<string, string>();

  constructor(directory: string, own: OwnChannel, ports: OutboxChannelsPorts) {
    this.#directory = directory;
    this.#ports = ports;
    const backlog = new ChannelBacklog(own.directory, ports.disk, ports.clock);
    this.own = { application: own.application, channel: own.channel, backlog, notBeforeMs: 0, held: undefined };
  }

  /** Those of applications. */
  get all(): readonly OutboxChannel[] {
    return [...this.#channels.values()];
  }

  find(application: string, channel: string): OutboxChannel | undefined {
    const { own } = this;
    return own.application === application && own.channel === channel
      ? own
      : this.#channels.get(`${application}/${channel}`);
  }

  /** How many messages of a channel one batch has at most. */
  messagesMax(channel: OutboxChannel): number {
    return channel === this.own ? ownMessagesMax : batchMessagesMax;
  }

  /** Looks at all of them: finds what is new, makes it durable, and lets go of what is done with or too old. */
  look(): void {
    const { disk } = this.#ports;
    this.#attempt(this.own, () => this.own.backlog.look());
    for (const application of namesIn(disk, this.#directory)) {
      for (const channel of namesIn(disk, `${this.#directory}/${application}`)) this.#lookAt(application, channel);
    }
  }

  /** Removes the channels of applications with other names than these, once the shore has all that they had to say. */
  collect(held: ReadonlySet<string>): void {
    const { disk } = this.#ports;
    for (const { application, channel, backlog } of this.all) {
      if (held.has(application) || backlog.counts().messages > 0) continue;
      disk.remove(channelDirectory(this.#directory, application, channel));
      this.#channels.delete(`${application}/${channel}`);
      if (namesIn(disk, `${this.#directory}/${application}`).length === 0)
        disk.remove(`${this.#directory}/${application}`);
    }
  }

  #lookAt(application: string, channel: string): void {
    this.#attempt({ application, channel }, () => this.#open(application, channel)?.backlog.look());
  }

  #attempt({ application, channel }: Pick<OutboxChannel, 'application' | 'channel'>, work: () => void): void {
    const key = `${application}/${channel}`;
    try {
      work();
      this.#troubles.delete(key);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      // One channel's files hold up no other.
      if (this.#troubles.get(key) !== error.code) {
        this.#ports.log.write('warn', 'outbox.not-looked-at', { application, channel, code: error.code, error });
      }
      this.#troubles.set(key, error.code);
    }
  }

  #open(application: string, channel: string): OutboxChannel | undefined {
    const key = `${application}/${channel}`;
    const known = this.#channels.get(key);
    if (known !== undefined || this.#channels.size >= channelsMax) return known;
    const { disk, clock } = this.#ports;
    const directory = channelDirectory(this.#directory, application, channel);
    const backlog = new ChannelBacklog(directory, disk, clock);
    const opened: OutboxChannel = { application, channel, backlog, notBeforeMs: 0, held: undefined };
    this.#channels.set(key, opened);
    return opened;
  }
}
