/**
 * Reads DNS messages of whoever is on the network.
 *
 *     header 12   id 2, flags 2, four counts of 2: questions, and records of three sections
 *     question    name, type 2, class 2
 *     record      name, type 2, class 2, ttl 4, length 2, data
 *     name        labels, each behind its length; then 0, or two bytes that point to a name farther in front
 *
 * A pointer leads only to what lies in front of the name that it is in, so that no message has a reader go in circles.
 */
import {
  entriesMax,
  headerBytes,
  labelBytesMax,
  messageBytesMax,
  type Name,
  nameBytesMax,
  type Question,
  type ReadMessage,
  type ReadRecord,
  recordType,
} from './dns-message.ts';

/** What is wrong, and at which byte. */
class Malformed extends Error {
  constructor(what: string, at: number) {
    super(`${what} at ${at}`);
  }
}

const answerFlag = 0x8000;
/** Of a question's class: the answer is wanted alone. */
const unicastFlag = 0x8000;
const pointerMark = 0xc0;

class Cursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length) throw new Malformed(`${length} bytes are not there`, at);
    this.#at += length;
    return at;
  }

  two(): number {
    return this.#view.getUint16(this.#take(2));
  }

  four(): number {
    return this.#view.getUint32(this.#take(4));
  }

  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  name(): Name {
    const { name, end } = this.#nameAt(this.#at);
    this.#at = end;
    return name;
  }

  /** The name that begins here, of which nothing moves. */
  nameHere(): Name {
    return this.#nameAt(this.#at).name;
  }

  #nameAt(from: number): { readonly name: Name; readonly end: number } {
    const labels: string[] = [];
    let [at, front, bytes, end] = [from, from, 1, -1];
    for (;;) {
      const length = this.#byteAt(at);
      if (length === 0) return { name: labels, end: end < 0 ? at + 1 : end };
      if ((length & pointerMark) === pointerMark) {
        if (end < 0) end = at + 2;
        const to = ((length & ~pointerMark) << 8) | this.#byteAt(at + 1);
        if (to >= front) throw new Malformed('a name points to itself or behind', at);
        [at, front] = [to, to];
        continue;
      }
      bytes += length + 1;
      if (length > labelBytesMax || bytes > nameBytesMax) throw new Malformed('a name is too long', at);
      if (at + 1 + length > this.#bytes.length) throw new Malformed('a label is not there', at);
      labels.push(Buffer.from(this.#bytes.subarray(at + 1, at + 1 + length)).toString('utf8'));
      at += 1 + length;
    }
  }

  #byteAt(at: number): number {
    const byte = this.#bytes[at];
    if (byte === undefined) throw new Malformed('a name is not there', at);
    return byte;
  }
}

function readQuestion(cursor: Cursor): Question {
  const name = cursor.name();
  const type = cursor.two();
  return { name, type, isUnicast: (cursor.two() & unicastFlag) !== 0 };
}

function readRecord(cursor: Cursor): ReadRecord {
  const name = cursor.name();
  const type = cursor.two();
  cursor.two();
  const ttlSeconds = cursor.four();
  const length = cursor.two();
  const target = type === recordType.ptr ? { target: cursor.nameHere() } : {};
  return { name, type, ttlSeconds, data: cursor.bytes(length), ...target };
}

function read(bytes: Uint8Array): ReadMessage {
  const cursor = new Cursor(bytes);
  const [id, flags] = [cursor.two(), cursor.two()];
  const [asked, ...sections] = [cursor.two(), cursor.two(), cursor.two(), cursor.two()] as const;
  const told = sections.reduce((sum, count) => sum + count, 0);
  if (asked + told > entriesMax) throw new Malformed(`${asked + told} entries are too many`, headerBytes);
  return {
    id,
    isAnswer: (flags & answerFlag) !== 0,
    questions: Array.from({ length: asked }, () => readQuestion(cursor)),
    records: Array.from({ length: told }, () => readRecord(cursor)),
  };
}

/** The message that these bytes are; undefined where they are none that we read. */
export function readMessage(bytes: Uint8Array): ReadMessage | undefined {
  if (bytes.length < headerBytes || bytes.length > messageBytesMax) return undefined;
  try {
    return read(bytes);
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}
