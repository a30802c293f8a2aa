/** The two ends of a channel as streams of a guest. */
import { FileError } from '../../../platform/file-handles.ts';
import type { InputStream, OutputStream } from '../../../platform/streams.ts';
import type { OutboxPort } from '../../outbox/files/outbox-port.ts';
import { MemoryBytes } from '../primitives/memory-bytes.ts';
import type { ChannelHub, ChannelTerms } from './channel-hub.ts';
import type { MessageQueue } from './message-queue.ts';

const newline = 10;
/** Handed on at a time: each may be a write to the disk. */
const messagesAtOnce = 16;

/** Reads message by message: a read gives of one message only, and waits where there is none. */
export class ChannelInput implements InputStream {
  readonly #queue: MessageQueue;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(queue: MessageQueue) {
    this.#queue = queue;
  }

  isReady(): boolean {
    return this.#rest.length > 0 || this.#queue.isReady();
  }

  onReady(callback: () => void): Disposable {
    return this.#queue.onReady(callback);
  }

  read(into: Uint8Array): number {
    if (into.length === 0) return 0;
    if (this.#rest.length === 0) this.#rest = this.#queue.take() ?? this.#rest;
    const part = this.#rest.subarray(0, into.length);
    into.set(part);
    this.#rest = this.#rest.subarray(part.length);
    return part.length;
  }

  available(): number {
    return this.#rest.length;
  }

  hasEnded(): boolean {
    return false;
  }
}

/** What a channel's writer meets. */
export interface ChannelOutputOptions {
  readonly hub: ChannelHub;
  readonly outbox: OutboxPort;
  readonly application: string;
  readonly channel: string;
  readonly terms: ChannelTerms;
  /** Called for each message that nobody gets. */
  readonly onDropped: () => void;
}

/** Cuts what a guest writes into messages. A message for which there is no room is not taken: the guest waits. */
export class ChannelOutput implements OutputStream {
  /** Programs write line by line to what a person reads. */
  readonly isTerminal = true;
  readonly #options: ChannelOutputOptions;
  /** The beginning of a line. */
  readonly #line = new MemoryBytes();
  /** The rest of a line that was too long. */
  #isSkipping = false;
  #isFull = false;

  constructor(options: ChannelOutputOptions) {
    this.#options = options;
  }

  messageBytesMax(): number | undefined {
    const { framing, messageBytes } = this.#options.terms;
    return framing === 'write' ? messageBytes : undefined;
  }

  isReady(): boolean {
    return !this.#isFull;
  }

  onReady(callback: () => void): Disposable {
    return this.#options.hub.onRoom(this.#options.channel, () => {
      this.#isFull = false;
      callback();
    });
  }

  write(bytes: Uint8Array): number {
    if (this.#options.terms.framing === 'line') return this.#writeLines(bytes);
    if (bytes.length > this.#options.terms.messageBytes) this.#refuse(bytes.length);
    return this.#put(bytes.slice()) ? bytes.length : 0;
  }

  /** A last line without an end is a message too, where there is room for it. */
  close(): void {
    if (this.#line.length > 0 && !this.#put(Buffer.concat([this.#line.contents(), Uint8Array.of(newline)]))) {
      this.#options.onDropped();
    }
    this.#line.resize(0);
  }

  #writeLines(bytes: Uint8Array): number {
    let at = 0;
    for (let messages = 0; at < bytes.length && messages < messagesAtOnce; messages++) {
      const end = bytes.indexOf(newline, at);
      const stop = end === -1 ? bytes.length : end + 1;
      if (!this.#takePart(bytes.subarray(at, stop), end !== -1)) return at;
      at = stop;
    }
    return at;
  }

  #takePart(part: Uint8Array, isWhole: boolean): boolean {
    if (this.#isSkipping) {
      this.#isSkipping = !isWhole;
      return true;
    }
    const length = this.#line.length + part.length;
    if (length > this.#options.terms.messageBytes) {
      this.#line.resize(0);
      this.#isSkipping = !isWhole;
      this.#refuse(length);
    }
    if (!isWhole) {
      this.#line.write(part, this.#line.length);
      return true;
    }
    if (!this.#put(Buffer.concat([this.#line.contents(), part]))) return false;
    this.#line.resize(0);
    return true;
  }

  #refuse(length: number): never {
    this.#options.onDropped();
    throw new FileError('file-too-large', `a message of ${length} bytes, of ${this.#options.terms.messageBytes}`);
  }

  #put(message: Uint8Array): boolean {
    const { hub, outbox, application, channel, terms, onDropped } = this.#options;
    const put = hub.put(application, channel, terms, message, onDropped);
    this.#isFull = put === 'full';
    if (this.#isFull) return false;
    // What finds no room there is counted there. On shore what ends a line is nothing of it.
    const said = terms.framing === 'line' && message.at(-1) === newline ? message.subarray(0, -1) : message;
    if (terms.shore !== undefined) outbox.put(application, channel, terms.shore, said);
    else if (put === 'unread') onDropped();
    return true;
  }
}
