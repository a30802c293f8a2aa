import { channelDirectory } from './channel-files.ts';
import { ChannelWriter, type ChannelWriterPorts } from './channel-writer.ts';
import type { OutboxPort, OutboxTerms } from './outbox-port.ts';

interface OpenChannel {
  readonly writer: ChannelWriter;
  readonly terms: OutboxTerms;
}

function isSame(one: OutboxTerms, other: OutboxTerms): boolean {
  return one.quotaBytes === other.quotaBytes && one.maxAgeSeconds === other.maxAgeSeconds && one.drop === other.drop;
}

/**
 * The outbox in the process that runs the applications. It writes by itself, so that what it took outlives it without a word to
 * anybody, and the supervisor never holds a message that it does not send.
 */
export class OutboxWriter implements OutboxPort {
  readonly #directory: string;
  readonly #ports: ChannelWriterPorts;
  readonly #channels = new Map<string, OpenChannel>();

  constructor(directory: string, ports: ChannelWriterPorts) {
    this.#directory = directory;
    this.#ports = ports;
  }

  put(application: string, channel: string, terms: OutboxTerms, message: Uint8Array): 'taken' | 'full' {
    return this.#writer(application, channel, terms).put(message);
  }

  #writer(application: string, channel: string, terms: OutboxTerms): ChannelWriter {
    const key = `${application}/${channel}`;
    const open = this.#channels.get(key);
    if (open !== undefined && isSame(open.terms, terms)) return open.writer;
    const directory = channelDirectory(this.#directory, application, channel);
    const writer = new ChannelWriter(directory, terms, this.#ports);
    this.#channels.set(key, { writer, terms });
    return writer;
  }
}
