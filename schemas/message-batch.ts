/**
 * What a device sends of a channel, and what the shore answers. A batch is packed, and cut into parts that a broker carries:
 *
 *     part     version, 1 byte · number of the batch, u32 · which part, 1 byte · of how many, 1 byte · bytes
 *     packed   0: as it is, 1: deflated · content
 *     content  application · channel · stream, 8 bytes · segment · index of the first message · dropped so far ·
 *              time of the first, f64 · how many · for each: milliseconds since the one before · length · message
 *
 * Names begin with their length; numbers are LEB128, with a sign in the lowest bit where they have one. Little-endian.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Messages that follow each other in one segment of a stream. */
export interface MessageBatch {
  readonly application: string;
  readonly channel: string;
  /** 16 hexadecimal digits: drawn when the channel was opened for the first time. */
  readonly stream: string;
  readonly segment: number;
  /** Of the first message in the segment, from 0. */
  readonly index: number;
  /** Messages of the channel that were dropped on the device so far. */
  readonly dropped: number;
  readonly messages: readonly BatchedMessage[];
}

/** One message and when its device believed to write it, in milliseconds since the epoch. */
export interface BatchedMessage {
  readonly at: number;
  readonly message: Uint8Array;
}

/** A part of a batch. */
export interface BatchPart {
  readonly batch: number;
  readonly part: number;
  readonly parts: number;
  readonly bytes: Uint8Array;
}

export const partBytesMax = 8 * 1024;
export const partsMax = 48;
/** Of a batch unpacked, messages and all; a single message of the largest kind fits. */
export const batchBytesMax = 320 * 1024;
export const batchMessagesMax = 1_024;

const version = 1;
const partHeaderBytes = 7;
const streamBytes = 8;
const nameBytesMax = 63;
const name = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const asItIs = 0;
const deflated = 1;

/** Bytes of a batch that are none. */
export class BatchError extends Error {
  readonly code = 'BATCH_MALFORMED';
  constructor(detail: string) {
    super(`a batch of messages ${detail}`);
    this.name = 'BatchError';
  }
}

/** The topic a device sends batches to, and the one it hears the answers on. */
export function batchTopics(device: string): { readonly out: string; readonly taken: string } {
  return { out: `fleet/${device}/out`, taken: `fleet/${device}/taken` };
}

class Writer {
  readonly #bytes: number[] = [];
  readonly #pieces: Uint8Array[] = [];

  number(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.#bytes.push((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.#bytes.push(rest);
  }

  signed(value: number): void {
    this.number(value < 0 ? -2 * value - 1 : 2 * value);
  }

  raw(bytes: Uint8Array): void {
    this.#pieces.push(Uint8Array.from(this.#bytes), bytes);
    this.#bytes.length = 0;
  }

  sized(bytes: Uint8Array): void {
    this.number(bytes.length);
    this.raw(bytes);
  }

  float(value: number): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    this.raw(bytes);
  }

  end(): Uint8Array {
    this.raw(new Uint8Array());
    return new Uint8Array(Buffer.concat(this.#pieces));
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  number(max = Number.MAX_SAFE_INTEGER): number {
    let value = 0;
    for (let factor = 1; factor < 2 ** 53; factor *= 128) {
      const byte = this.raw(1)[0]!;
      value += (byte % 128) * factor;
      if (byte >= 128) continue;
      if (value > max) throw new BatchError(`has a number above ${max} at byte ${this.#at}`);
      return value;
    }
    throw new BatchError(`has a number without an end at byte ${this.#at}`);
  }

  signed(): number {
    const value = this.number();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  raw(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw new BatchError(`ends too early, at byte ${this.#bytes.length}`);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  name(): string {
    const text = new TextDecoder().decode(this.raw(this.number(nameBytesMax)));
    if (!name.test(text)) throw new BatchError(`has no name at byte ${this.#at}`);
    return text;
  }

  float(): number {
    const bytes = this.raw(8);
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
  }

  end(): void {
    if (this.#at < this.#bytes.length) throw new BatchError(`goes on behind its end, at byte ${this.#at}`);
  }
}

/** The bytes of a batch, deflated where that is shorter. */
export function packBatch(batch: MessageBatch): Uint8Array {
  const writer = new Writer();
  const text = new TextEncoder();
  writer.sized(text.encode(batch.application));
  writer.sized(text.encode(batch.channel));
  writer.raw(Buffer.from(batch.stream, 'hex'));
  for (const number of [batch.segment, batch.index, batch.dropped]) writer.number(number);
  let before = batch.messages[0]?.at ?? 0;
  writer.float(before);
  writer.number(batch.messages.length);
  for (const { at, message } of batch.messages) {
    writer.signed(at - before);
    writer.sized(message);
    before = at;
  }
  const content = writer.end();
  const smaller = deflateRawSync(content);
  const isSmaller = smaller.length < content.length;
  return new Uint8Array(Buffer.concat([Uint8Array.of(isSmaller ? deflated : asItIs), isSmaller ? smaller : content]));
}

function contentOf(packed: Uint8Array): Uint8Array {
  const content = packed.subarray(1);
  if (packed[0] === asItIs) return content;
  if (packed[0] !== deflated) throw new BatchError(`is packed in a way nobody knows (${packed[0]})`);
  try {
    return inflateRawSync(content, { maxOutputLength: batchBytesMax });
  } catch (error) {
    throw new BatchError(`can't be unpacked into ${batchBytesMax} bytes: ${(error as Error).message}`);
  }
}

/** Reads a batch; throws a `BatchError` on what is none. */
export function unpackBatch(packed: Uint8Array): MessageBatch {
  const reader = new Reader(contentOf(packed));
  const [application, channel] = [reader.name(), reader.name()];
  const stream = Buffer.from(reader.raw(streamBytes)).toString('hex');
  const [segment, index, dropped] = [reader.number(), reader.number(2 ** 32), reader.number()];
  let at = reader.float();
  const count = reader.number(batchMessagesMax);
  if (count === 0) throw new BatchError('holds no message');
  const messages = Array.from({ length: count }, () => {
    at += reader.signed();
    if (!Number.isSafeInteger(at) || Math.abs(at) > 8.64e15) throw new BatchError('has a time that is none');
    return { at, message: reader.raw(reader.number()) };
  });
  reader.end();
  return { application, channel, stream, segment, index, dropped, messages };
}

/** Cuts a packed batch into what a broker carries. Throws where it takes too many. */
export function batchParts(batch: number, packed: Uint8Array): readonly Uint8Array[] {
  const parts = Math.ceil(packed.length / partBytesMax);
  if (parts > partsMax) throw new BatchError(`takes ${parts} parts, of at most ${partsMax}`);
  return Array.from({ length: parts }, (_, part) => {
    const bytes = packed.subarray(part * partBytesMax, (part + 1) * partBytesMax);
    const whole = new Uint8Array(partHeaderBytes + bytes.length);
    const view = new DataView(whole.buffer);
    view.setUint8(0, version);
    view.setUint32(1, batch, true);
    view.setUint8(5, part);
    view.setUint8(6, parts);
    whole.set(bytes, partHeaderBytes);
    return whole;
  });
}

/** Reads one part; throws a `BatchError` on what is none. */
export function readPart(payload: Uint8Array): BatchPart {
  if (payload.length <= partHeaderBytes || payload.length > partHeaderBytes + partBytesMax) {
    throw new BatchError(`has a part of ${payload.length} bytes`);
  }
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const [part, parts] = [view.getUint8(5), view.getUint8(6)];
  if (view.getUint8(0) !== version) throw new BatchError(`has version ${view.getUint8(0)}`);
  if (parts === 0 || parts > partsMax || part >= parts) throw new BatchError(`has part ${part} of ${parts}`);
  return { batch: view.getUint32(1, true), part, parts, bytes: payload.subarray(partHeaderBytes) };
}
