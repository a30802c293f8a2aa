import { FileError } from '../../../platform/file-handles.ts';

/** Moved at once, whatever the length: no call takes longer than the bytes that it is about. */
const pieceBytes = 65_536;
const nothing = new Uint8Array(0);

/**
 * Bytes in memory that grow and are cut off: in pieces, each with as much room as was written to it, at most twice of that. What
 * nobody wrote reads as zeros and takes no memory.
 */
export class MemoryBytes {
  readonly #pieces = new Map<number, Uint8Array>();
  #length: number;

  /** Begins with these, which it takes over. */
  constructor(bytes: Uint8Array = nothing) {
    this.#length = bytes.length;
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      this.#pieces.set(at / pieceBytes, bytes.subarray(at, at + pieceBytes));
    }
  }

  get length(): number {
    return this.#length;
  }

  /** Gives the bytes read: fewer than asked for at the end. */
  read(into: Uint8Array, position: number): number {
    const end = Math.min(this.#length, position + into.length);
    for (const { index, from, to, at } of stretches(position, end)) {
      const written = (this.#pieces.get(index) ?? nothing).subarray(from, to);
      into.set(written, at);
      into.fill(0, at + written.length, at + to - from);
    }
    return Math.max(0, end - position);
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    for (const { index, from, to, at } of stretches(position, end)) {
      this.#pieceOf(index, to).set(bytes.subarray(at, at + to - from), from);
    }
    this.#length = Math.max(this.#length, end);
  }

  /** What is cut off is gone: where it grows again, there are zeros. */
  resize(length: number): void {
    const last = Math.floor(length / pieceBytes);
    if (length < this.#length) {
      for (const index of this.#pieces.keys()) if (index > last) this.#pieces.delete(index);
      this.#cut(last, length % pieceBytes);
    }
    this.#length = length;
  }

  /** A copy of all of them. */
  contents(): Uint8Array {
    const all = new Uint8Array(this.#length);
    this.read(all, 0);
    return all;
  }

  #cut(index: number, length: number): void {
    const piece = this.#pieces.get(index);
    if (piece === undefined || piece.length <= length) return;
    if (length === 0) this.#pieces.delete(index);
    else this.#pieces.set(index, piece.slice(0, length));
  }

  /** With room for so many bytes. */
  #pieceOf(index: number, length: number): Uint8Array {
    const piece = this.#pieces.get(index) ?? nothing;
    if (piece.length >= length) return piece;
    const larger = withRoom(piece, Math.min(pieceBytes, Math.max(length, 2 * piece.length)));
    this.#pieces.set(index, larger);
    return larger;
  }
}

/** What lies between two positions, piece by piece; `at` counts from the first of them. */
function* stretches(position: number, end: number) {
  for (let next = position; next < end; ) {
    const index = Math.floor(next / pieceBytes);
    const from = next % pieceBytes;
    const to = Math.min(pieceBytes, from + end - next);
    yield { index, from, to, at: next - position };
    next += to - from;
  }
}

function withRoom(piece: Uint8Array, length: number): Uint8Array {
  try {
    const larger = new Uint8Array(length);
    larger.set(piece);
    return larger;
  } catch {
    throw new FileError('insufficient-space', 'no memory for more of a file');
  }
}
