import { WasmError } from '../error.ts';
import { type ImmediateKind, immediate } from '../immediates.ts';
import type { WasmLimits } from '../limits.ts';
import { InstructionCursor } from './instructions.ts';
import { type Leb, readSigned, readU32, readU64 } from './leb.ts';

/** Is told of every index and number that has a meaning, with the bytes it was read from, in file order. */
export interface FieldSink {
  field(kind: ImmediateKind, value: number, start: number, end: number): void;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Reads the parts of sections between two offsets, never behind the second. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly limits: WasmLimits;
  readonly end: number;
  readonly sink: FieldSink | undefined;
  at: number;
  readonly #leb: Leb = { value: 0, end: 0 };
  #cursor: InstructionCursor | undefined;

  constructor(bytes: Uint8Array, start: number, end: number, limits: WasmLimits, sink?: FieldSink) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.limits = limits;
    this.sink = sink;
  }

  byte(): number {
    if (this.at >= this.end) throw new WasmError('truncated', this.at, 'a byte is missing');
    return this.bytes[this.at++]!;
  }

  u32(): number {
    readU32(this.bytes, this.at, this.end, this.#leb);
    this.at = this.#leb.end;
    return this.#leb.value;
  }

  u64(): number {
    readU64(this.bytes, this.at, this.end, this.#leb);
    this.at = this.#leb.end;
    return this.#leb.value;
  }

  /** A number that stands for something in an index space; the sink hears of it. */
  index(kind: ImmediateKind): number {
    const start = this.at;
    const value = this.u32();
    this.sink?.field(kind, value, start, this.at);
    return value;
  }

  /** How many items follow; each takes at least a byte. */
  count(): number {
    const at = this.at;
    const value = this.u32();
    if (value > this.limits.itemsMax) throw new WasmError('too-large', at, `${value} items`);
    if (value > this.end - this.at) throw new WasmError('truncated', at, `${value} items do not fit`);
    return value;
  }

  /** Skips bytes and returns the offset of the first. */
  skip(length: number): number {
    const start = this.at;
    if (length > this.end - start) throw new WasmError('truncated', start, `${length} bytes do not fit`);
    this.at = start + length;
    return start;
  }

  name(): string {
    const at = this.at;
    const length = this.u32();
    if (length > this.limits.nameBytesMax) throw new WasmError('too-large', at, `name of ${length} bytes`);
    const start = this.skip(length);
    try {
      return utf8.decode(this.bytes.subarray(start, this.at));
    } catch {
      throw new WasmError('bad-name', start, 'name is not UTF-8');
    }
  }

  /** A type index (not negative) or an abstract heap type (negative). */
  heapType(): number {
    const start = this.at;
    readSigned(this.bytes, start, this.end, 33, this.#leb);
    this.at = this.#leb.end;
    const value = this.#leb.value;
    this.sink?.field(immediate.heapType, value, start, this.at);
    return value;
  }

  /** A constant expression up to and with its `end`; returns its first offset. */
  expression(): number {
    const start = this.at;
    this.#cursor ??= new InstructionCursor(this.bytes, this.limits);
    const cursor = this.#cursor;
    cursor.seek(start, this.end);
    while (cursor.next()) {
      if (this.sink !== undefined) announce(cursor, this.sink);
      if (cursor.opcode === 0x0b) {
        this.at = cursor.end;
        return start;
      }
    }
    throw new WasmError('body-unterminated', this.end, 'expression without end');
  }

  /** Everything must have been read. */
  finish(): void {
    if (this.at !== this.end) throw new WasmError('section-length', this.at, `${this.end - this.at} bytes left over`);
  }
}

function announce(cursor: InstructionCursor, sink: FieldSink): void {
  for (let i = 0; i < cursor.count; i++) {
    sink.field(cursor.kinds[i] as ImmediateKind, cursor.values[i]!, cursor.starts[i]!, cursor.starts[i + 1]!);
  }
}
