import { signedLebLength, unsignedLebLength, writeSigned, writeUnsigned } from '../../wasm/write/leb.ts';
import { DeltaError } from '../error.ts';

/** Bytes that grow up to a ceiling; asking for more is an error, not memory. */
export class BoundedOutput {
  bytes: Uint8Array<ArrayBuffer>;
  length = 0;
  readonly #max: number;

  constructor(capacity: number, max: number) {
    this.bytes = new Uint8Array(Math.min(capacity, max));
    this.#max = max;
  }

  /** Copies `start` to `end` of the source. */
  copy(source: Uint8Array, start: number, end: number): void {
    const size = end - start;
    this.#reserve(size);
    // A call of `set` costs more than a short loop.
    if (size > 64) this.bytes.set(source.subarray(start, end), this.length);
    else for (let i = 0; i < size; i++) this.bytes[this.length + i] = source[start + i]!;
    this.length += size;
  }

  unsigned(value: number, width: number): void {
    this.#reserve(10);
    this.length = writeUnsigned(this.bytes, this.length, value, width);
  }

  signed(value: number, width: number): void {
    this.#reserve(10);
    this.length = writeSigned(this.bytes, this.length, value, width);
  }

  /** Leaves room for a length of `width` bytes and returns a mark for `close`. */
  open(width: number): number {
    this.#reserve(width);
    this.length += width;
    return this.length;
  }

  /** Fills in the length of what was written since the mark; returns how far that moved to make room. */
  close(mark: number, width: number): number {
    const size = this.length - mark;
    const needed = Math.max(width, unsignedLebLength(size));
    const moved = needed - width;
    if (moved > 0) {
      this.#reserve(moved);
      this.bytes.copyWithin(mark + moved, mark, this.length);
      this.length += moved;
    }
    writeUnsigned(this.bytes, mark - width, size, needed);
    return moved;
  }

  #reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    if (needed > this.#max) throw new DeltaError('over-limit', `the rewritten module grows over ${this.#max} bytes`);
    const capacity = Math.min(this.#max, Math.max(needed, Math.ceil(this.bytes.length * 1.25) + 1024));
    this.bytes = new Uint8Array(this.bytes.buffer.transfer(capacity));
  }
}

/** The width to write an unsigned number with, so that padding of the old one is kept. */
export function unsignedWidth(old: number, oldWidth: number): number {
  return oldWidth > unsignedLebLength(old) ? oldWidth : 1;
}

/** The width to write a signed number with, so that padding of the old one is kept. */
export function signedWidth(old: number, oldWidth: number): number {
  return oldWidth > signedLebLength(old) ? oldWidth : 1;
}
