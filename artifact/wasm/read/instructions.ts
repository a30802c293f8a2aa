import { WasmError } from '../error.ts';
import { immediate } from '../immediates.ts';
import type { WasmLimits } from '../limits.ts';
import { layout, layoutOfOpcode, prefixBase } from '../opcodes.ts';
import { type Leb, readSigned, readU32, readU64 } from './leb.ts';

/**
 * Walks the instructions of a function body or constant expression without allocating. After `next()` the fields
 * describe one instruction:
 *
 *   start        operands = starts[0]   starts[1]            end = starts[count]
 *   | opcode ... | immediate 0          | immediate 1 ...    |
 *
 * `kinds[i]` says what immediate i means, `values[i]` what it is (0 for raw bytes, NaN for a 64-bit number that a
 * double cannot hold). The instruction itself is not validated beyond its form.
 */
export class InstructionCursor {
  readonly bytes: Uint8Array;
  opcode = 0;
  start = 0;
  end = 0;
  count = 0;
  kinds = new Uint8Array(16);
  starts = new Uint32Array(17);
  values = new Float64Array(16);
  readonly #limits: WasmLimits;
  readonly #leb: Leb = { value: 0, end: 0 };
  #stop = 0;

  constructor(bytes: Uint8Array, limits: WasmLimits) {
    this.bytes = bytes;
    this.#limits = limits;
  }

  /** Places the cursor before the instruction at `start`; nothing at or behind `stop` is read. */
  seek(start: number, stop: number): void {
    this.start = start;
    this.end = start;
    this.#stop = Math.min(stop, this.bytes.length);
    this.count = 0;
  }

  /** Reads one instruction; false when the end was reached exactly. */
  next(): boolean {
    const start = this.end;
    if (start >= this.#stop) return false;
    this.start = start;
    this.count = 0;
    this.starts[0] = start + 1;
    let opcode = this.bytes[start]!;
    if (opcode >= 0xfb && opcode <= 0xfe) opcode = this.#prefixed(opcode, start);
    this.opcode = opcode;
    const shape = layoutOfOpcode[opcode]!;
    if (shape === layout.none) this.end = this.starts[0]!;
    else this.#immediates(shape);
    return true;
  }

  #prefixed(prefix: number, start: number): number {
    readU32(this.bytes, start + 1, this.#stop, this.#leb);
    this.starts[0] = this.#leb.end;
    const base = prefixBase[prefix]!;
    const span = prefix === 0xfd ? 0x200 : 0x100;
    if (this.#leb.value >= span)
      throw new WasmError('bad-opcode', start, `unknown opcode ${prefix} ${this.#leb.value}`);
    return base + this.#leb.value;
  }

  #immediates(shape: number): void {
    switch (shape) {
      case layout.local:
        this.#index(immediate.local);
        break;
      case layout.i32:
        this.#signed(immediate.i32, 32);
        break;
      case layout.memarg:
        this.#memarg();
        break;
      case layout.label:
        this.#index(immediate.label);
        break;
      case layout.func:
        this.#index(immediate.func);
        break;
      case layout.global:
        this.#index(immediate.global);
        break;
      case layout.block:
        this.#blockType();
        break;
      case layout.i64:
        this.#signed(immediate.i64, 64);
        break;
      case layout.targets:
        this.#targets();
        break;
      default:
        this.#rare(shape);
    }
    this.end = this.starts[this.count]!;
  }

  #rare(shape: number): void {
    switch (shape) {
      case layout['memarg,lane']:
        this.#memarg();
        this.#raw(immediate.lane, 1);
        break;
      case layout['value types']:
        for (let left = this.#counted(this.#limits.localsMax); left > 0; left--) this.#valueType();
        break;
      case layout.catches:
        this.#catches();
        break;
      case layout.heap:
        this.#signed(immediate.heapType, 33);
        break;
      case layout['flags,label,heap,heap']:
        this.#raw(immediate.flags, 1);
        this.#index(immediate.label);
        this.#signed(immediate.heapType, 33);
        this.#signed(immediate.heapType, 33);
        break;
      default: {
        const raw = rawLayouts[shape];
        const kinds = indexLayouts[shape];
        if (raw !== undefined) this.#raw(raw[0], raw[1]);
        else if (kinds !== undefined) for (const kind of kinds) this.#index(kind);
        else throw new WasmError('bad-opcode', this.start, `unknown opcode ${this.opcode}`);
      }
    }
  }

  #push(kind: number, value: number, end: number): void {
    const count = this.count;
    if (count === this.kinds.length) this.#grow();
    this.kinds[count] = kind;
    this.values[count] = value;
    this.starts[count + 1] = end;
    this.count = count + 1;
  }

  #grow(): void {
    const size = this.kinds.length * 2;
    const kinds = new Uint8Array(size);
    const values = new Float64Array(size);
    const starts = new Uint32Array(size + 1);
    kinds.set(this.kinds);
    values.set(this.values);
    starts.set(this.starts);
    this.kinds = kinds;
    this.values = values;
    this.starts = starts;
  }

  #index(kind: number): number {
    const at = this.starts[this.count]!;
    const byte = at < this.#stop ? this.bytes[at]! : 0x80;
    if (byte < 0x80) {
      this.#push(kind, byte, at + 1);
      return byte;
    }
    readU32(this.bytes, at, this.#stop, this.#leb);
    const value = this.#leb.value;
    this.#push(kind, value, this.#leb.end);
    return value;
  }

  #signed(kind: number, bits: number): void {
    const at = this.starts[this.count]!;
    const byte = at < this.#stop ? this.bytes[at]! : 0x80;
    if (byte < 0x80) {
      this.#push(kind, (byte << 25) >> 25, at + 1);
      return;
    }
    readSigned(this.bytes, at, this.#stop, bits, this.#leb);
    this.#push(kind, this.#leb.value, this.#leb.end);
  }

  #raw(kind: number, length: number): void {
    const at = this.starts[this.count]!;
    if (at + length > this.#stop) throw new WasmError('truncated', at, 'immediate ends early');
    this.#push(kind, length === 1 ? this.bytes[at]! : 0, at + length);
  }

  #memarg(): void {
    const align = this.#index(immediate.align);
    if (align & 64) this.#index(immediate.memory);
    const at = this.starts[this.count]!;
    const byte = at < this.#stop ? this.bytes[at]! : 0x80;
    if (byte < 0x80) {
      this.#push(immediate.offset, byte, at + 1);
      return;
    }
    readU64(this.bytes, at, this.#stop, this.#leb);
    this.#push(immediate.offset, this.#leb.value, this.#leb.end);
  }

  #blockType(): void {
    const at = this.starts[this.count]!;
    const byte = at < this.#stop ? this.bytes[at]! : 0;
    if (byte === 0x63 || byte === 0x64) this.#valueType();
    else this.#signed(immediate.blockType, 33);
  }

  #valueType(): void {
    const at = this.starts[this.count]!;
    this.#raw(immediate.valueType, 1);
    const byte = this.bytes[at]!;
    if (byte === 0x63 || byte === 0x64) this.#signed(immediate.heapType, 33);
  }

  #counted(max: number): number {
    const at = this.starts[this.count]!;
    const count = this.#index(immediate.count);
    if (count > max) throw new WasmError('too-large', at, `${count} items, at most ${max}`);
    if (count > this.#stop - at) throw new WasmError('truncated', at, `${count} items do not fit`);
    return count;
  }

  #targets(): void {
    for (let left = this.#counted(this.#limits.branchTargetsMax); left >= 0; left--) this.#index(immediate.label);
  }

  #catches(): void {
    this.#blockType();
    for (let left = this.#counted(this.#limits.branchTargetsMax); left > 0; left--) {
      const at = this.starts[this.count]!;
      this.#raw(immediate.flags, 1);
      const kind = this.bytes[at]!;
      if (kind > 3) throw new WasmError('bad-kind', at, `unknown catch clause ${kind}`);
      if (kind < 2) this.#index(immediate.tag);
      this.#index(immediate.label);
    }
  }
}

const rawLayouts: Readonly<Record<number, readonly [number, number]>> = {
  [layout.f32]: [immediate.f32, 4],
  [layout.f64]: [immediate.f64, 8],
  [layout.v128]: [immediate.v128, 16],
  [layout.lane]: [immediate.lane, 1],
  [layout.flags]: [immediate.flags, 1],
};

const { type, table, memory, tag, data, elem, field, count } = immediate;
/** The immediates of layouts that are indices and counts alone. */
export const indexLayouts: Readonly<Record<number, readonly number[]>> = {
  [layout.type]: [type],
  [layout.table]: [table],
  [layout.memory]: [memory],
  [layout.tag]: [tag],
  [layout.data]: [data],
  [layout.elem]: [elem],
  [layout['type,table']]: [type, table],
  [layout['type,field']]: [type, field],
  [layout['type,count']]: [type, count],
  [layout['type,data']]: [type, data],
  [layout['type,elem']]: [type, elem],
  [layout['type,type']]: [type, type],
  [layout['data,memory']]: [data, memory],
  [layout['memory,memory']]: [memory, memory],
  [layout['elem,table']]: [elem, table],
  [layout['table,table']]: [table, table],
};
