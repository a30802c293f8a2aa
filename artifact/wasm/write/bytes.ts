import { unsignedLebLength, writeSigned, writeUnsigned } from './leb.ts';

const utf8 = new TextEncoder();
const copiedOneByOne = 64;

/** Bytes that grow by doubling, up to a ceiling of the caller's. */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written so far, without a copy. */
  contents(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Forgets what was written; what `contents` gave is overwritten. */
  clear(): void {
    this.#length = 0;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Bytes `start` to `end` of others; a view of a few costs more than the few. */
  copy(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length > copiedOneByOne) {
      this.raw(bytes.subarray(start, end));
      return;
    }
    this.#reserve(length);
    const target = this.#bytes;
    let to = this.#length;
    for (let from = start; from < end; from++) target[to++] = bytes[from]!;
    this.#length = to;
  }

  u32(value: number, width = 1): void {
    this.#reserve(10);
    this.#length = writeUnsigned(this.#bytes, this.#length, value, width);
  }

  signed(value: number, width = 1): void {
    this.#reserve(10);
    this.#length = writeSigned(this.#bytes, this.#length, value, width);
  }

  name(text: string): void {
    const bytes = utf8.encode(text);
    this.u32(bytes.length);
    this.raw(bytes);
  }

  /** A section: number, length, contents. */
  section(id: number, payload: Uint8Array, sizeWidth = 1): void {
    this.byte(id);
    this.u32(payload.length, Math.max(sizeWidth, unsignedLebLength(payload.length)));
    this.raw(payload);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.contents());
    this.#bytes = grown;
  }
}
