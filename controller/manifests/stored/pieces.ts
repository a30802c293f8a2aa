/** Texts in a row, packed together in pieces: packing each alone would cost more than all the rest. */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** A piece ends with the text that makes it as long as this. */
const pieceBytesMin = 256 * 1024;

/** Room for a piece, at first: most have a text of a megabyte at their end. */
const pieceRoomBytes = 2 * 1024 * 1024;

/** A character of JavaScript becomes at most so many bytes. */
const bytesPerCharacterMax = 3;

/** A text may be longer than a piece; no map has one that comes near this. */
const maxOutputLength = 256 * 1024 * 1024;

/** Larger chunks take longer, although there are fewer: each is fresh memory beside the heap. */
const chunkSize = 64 * 1024;

/** Pieces that are held unpacked, because what is asked for next mostly lies in one of them. */
const heldMax = 8;

/** The quickest of the usual levels: what is packed is written once and mostly never read. */
const params = { [constants.ZSTD_c_compressionLevel]: 1 };

/** Where a text lies in its piece, in bytes. */
export type TextPlace = readonly [piece: number, at: number, bytes: number];

/**
 * Takes texts, and hands on each piece when it is full. What waits lies beside the heap: as texts of a megabyte it would be given
 * back to the system, all of a fleet's at once, by whatever collection comes next, with everybody waiting.
 */
export class PieceWriter {
  readonly #put: (piece: Uint8Array) => void;
  /** Bytes of the pieces, as they are packed. */
  readonly lengths: number[] = [];
  #waiting = Buffer.allocUnsafeSlow(pieceRoomBytes);
  #waitingBytes = 0;

  constructor(put: (piece: Uint8Array) => void) {
    this.#put = put;
  }

  /** One text, in parts that are short. */
  add(parts: Iterable<string>): TextPlace {
    const at = this.#waitingBytes;
    for (const part of parts) this.#take(part);
    const place: TextPlace = [this.lengths.length, at, this.#waitingBytes - at];
    if (this.#waitingBytes >= pieceBytesMin) this.end();
    return place;
  }

  #take(part: string): void {
    const bytesMax = this.#waitingBytes + bytesPerCharacterMax * part.length;
    if (bytesMax > this.#waiting.length) {
      const waiting = Buffer.allocUnsafeSlow(2 * bytesMax);
      waiting.set(this.#waiting.subarray(0, this.#waitingBytes));
      this.#waiting = waiting;
    }
    this.#waitingBytes += this.#waiting.write(part, this.#waitingBytes);
  }

  /** Hands on the last piece. */
  end(): void {
    const piece = zstdCompressSync(this.#waiting.subarray(0, this.#waitingBytes), { params, chunkSize });
    this.#waitingBytes = 0;
    this.lengths.push(piece.length);
    this.#put(piece);
  }
}

/** Unpacks pieces when a text of theirs is asked for. */
export class PieceReader {
  readonly #bytes: Uint8Array;
  readonly #starts: number[];
  /** The one that was used last is the last one. */
  readonly #held = new Map<number, Buffer>();

  /** `bytes` begin with the pieces. */
  constructor(bytes: Uint8Array, lengths: readonly number[]) {
    this.#bytes = bytes;
    this.#starts = [0];
    for (const length of lengths) this.#starts.push(this.#starts.at(-1)! + length);
  }

  #unpacked(piece: number): Buffer {
    const packed = this.#bytes.subarray(this.#starts[piece]!, this.#starts[piece + 1]!);
    return zstdDecompressSync(packed, { chunkSize, maxOutputLength });
  }

  #piece(piece: number): Buffer {
    const bytes = this.#held.get(piece) ?? this.#unpacked(piece);
    this.#held.delete(piece);
    this.#held.set(piece, bytes);
    if (this.#held.size > heldMax) this.#held.delete(this.#held.keys().next().value!);
    return bytes;
  }

  get([piece, at, bytes]: TextPlace): string {
    return this.#piece(piece).toString('utf8', at, at + bytes);
  }
}
