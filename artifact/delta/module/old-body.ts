import { immediate } from '../../wasm/immediates.ts';
import { type WasmLimits, wasmLimits } from '../../wasm/limits.ts';
import { InstructionCursor } from '../../wasm/read/instructions.ts';
import { readSigned, readU32 } from '../../wasm/read/leb.ts';

/** Stands for the opcode of an instruction that is not there. */
export const noOpcode = 0x7ff;

/** One instruction, or the head of a body, cut into its immediates; an `InstructionCursor` is one. */
export type Parsed = {
  readonly start: number;
  readonly opcode: number;
  readonly count: number;
  readonly kinds: Uint8Array;
  readonly starts: Uint32Array;
};

/** A function body cut into instructions, all of it or an error. */
export class OldBody {
  readonly bytes: Uint8Array;
  readonly cursor: InstructionCursor;
  starts = new Uint32Array(256);
  opcodes = new Uint16Array(256);
  /** Instructions in the body. */
  total = 0;
  /** Where the body starts, where its first instruction does, and where it ends. */
  start = 0;
  code = 0;
  end = 0;

  constructor(bytes: Uint8Array, limits: WasmLimits = wasmLimits) {
    this.bytes = bytes;
    this.cursor = new InstructionCursor(bytes, limits);
  }

  /** Cuts the body between `start`, where its locals are declared, and `end`. */
  read(start: number, end: number): void {
    this.start = start;
    this.end = end;
    this.code = parseLocals(this.bytes, start, end).end;
    this.total = 0;
    this.cursor.seek(this.code, end);
    while (this.cursor.next()) {
      if (this.total + 1 >= this.starts.length) this.#grow();
      this.starts[this.total] = this.cursor.start;
      this.opcodes[this.total++] = this.cursor.opcode;
    }
    this.starts[this.total] = this.cursor.end;
  }

  /** No body: nothing to align with. */
  clear(): void {
    this.total = 0;
    this.start = this.code = this.end = 0;
  }

  /** Opcode of an instruction, `noOpcode` outside the body. */
  opcodeAt(index: number): number {
    return index >= 0 && index < this.total ? this.opcodes[index]! : noOpcode;
  }

  /** Puts the cursor on an instruction. */
  place(index: number): InstructionCursor {
    this.cursor.seek(this.starts[index]!, this.end);
    this.cursor.next();
    return this.cursor;
  }

  #grow(): void {
    const starts = new Uint32Array(this.starts.length * 2);
    const opcodes = new Uint16Array(this.opcodes.length * 2);
    starts.set(this.starts);
    opcodes.set(this.opcodes);
    this.starts = starts;
    this.opcodes = opcodes;
  }
}

/** The head of a body, its local declarations, cut like an instruction's immediates. */
export const parseLocals = (bytes: Uint8Array, start: number, end: number): Parsed & { readonly end: number } => {
  const kinds: number[] = [];
  const starts: number[] = [];
  const leb = { value: 0, end: start };
  const push = (kind: number, next: number): void => {
    kinds.push(kind);
    starts.push(leb.end);
    leb.end = next;
  };
  const number = (kind: number): number => {
    const at = leb.end;
    readU32(bytes, at, end, leb);
    const next = leb.end;
    leb.end = at;
    push(kind, next);
    return leb.value;
  };
  for (let left = number(immediate.count); left > 0; left--) {
    number(immediate.count);
    const type = bytes[leb.end];
    push(immediate.valueType, leb.end + 1);
    if (type === 0x63 || type === 0x64) {
      const at = leb.end;
      readSigned(bytes, at, end, 33, leb);
      const next = leb.end;
      leb.end = at;
      push(immediate.heapType, next);
    }
  }
  starts.push(leb.end);
  return {
    start,
    opcode: noOpcode,
    count: kinds.length,
    kinds: Uint8Array.from(kinds),
    starts: Uint32Array.from(starts),
    end: leb.end,
  };
};
