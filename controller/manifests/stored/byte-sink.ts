import { createHash } from 'node:crypto';

/** Pieces are handed on when they have come to this many bytes. */
const pieceBytesMin = 256 * 1024;

/** Takes texts in a row, knows where each lies, and what all of them hash to. */
export class ByteSink {
  readonly #put: (bytes: Uint8Array) => void;
  readonly #hash = createHash('sha256');
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #at = 0;

  constructor(put: (bytes: Uint8Array) => void) {
    this.#put = put;
  }

  add(text: string): { readonly at: number; readonly length: number } {
    const bytes = Buffer.from(text);
    const at = this.#at;
    this.#at += bytes.length;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= pieceBytesMin) this.#handOn();
    return { at, length: bytes.length };
  }

  #handOn(): void {
    const piece = Buffer.concat(this.#waiting, this.#waitingBytes);
    [this.#waiting, this.#waitingBytes] = [[], 0];
    this.#hash.update(piece);
    this.#put(piece);
  }

  /** The digest of all of it, at its end. */
  end(): void {
    this.#handOn();
    this.#put(this.#hash.digest());
  }
}
