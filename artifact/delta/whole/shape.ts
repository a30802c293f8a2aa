import { WasmError } from '../../wasm/error.ts';
import { wasmLimits } from '../../wasm/limits.ts';
import { layout, layoutOfOpcode } from '../../wasm/opcodes.ts';
import { ByteReader } from '../../wasm/read/bytes.ts';
import { readLocals } from '../../wasm/read/code.ts';
import { InstructionCursor } from '../../wasm/read/instructions.ts';
import { readBinary } from '../../wasm/read/module.ts';
import { blocks, blocksMax } from './frame.ts';
import { isCodable } from './immediates.ts';

/* What the encoder asks of the file before it codes a part by its form; the decoder is told the answers. */

const unlessMalformed = <T>(what: () => T, otherwise: T): T => {
  try {
    return what();
  } catch (error) {
    if (error instanceof WasmError) return otherwise;
    throw error;
  }
};

/** Whether a file is a module, as far as its sections go. */
export const isModule = (file: Uint8Array): boolean =>
  unlessMalformed(() => readBinary(file, wasmLimits).kind === 'module', false);

/** Whether a code section holds the bodies it announces, and nothing behind them. */
export const holdsBodies = (file: Uint8Array, payload: number, end: number): boolean =>
  unlessMalformed(() => {
    const reader = new ByteReader(file, payload, end, wasmLimits);
    for (let left = reader.u32(); left > 0; left--) reader.skip(reader.u32());
    return reader.at === end;
  }, false);

/** Bytes that the length of a body takes, where the body can be coded by its form and its length follows; else 0. */
export const bodyWidth = (file: Uint8Array, start: number, end: number): number =>
  unlessMalformed(() => {
    const reader = new ByteReader(file, start, end, wasmLimits);
    const length = reader.u32();
    const width = reader.at - start;
    const stop = reader.at + length;
    return stop <= end && isPlainBody(new ByteReader(file, reader.at, stop, wasmLimits)) ? width : 0;
  }, 0);

const isPlainBody = (reader: ByteReader): boolean => {
  readLocals(reader);
  const cursor = new InstructionCursor(reader.bytes, wasmLimits);
  cursor.seek(reader.at, reader.end);
  for (let depth = 1; depth > 0; ) {
    if (!cursor.next() || !isCodable(layoutOfOpcode[cursor.opcode]!)) return false;
    // A block of a written-out reference: its type is two numbers.
    if (layoutOfOpcode[cursor.opcode] === layout.block && cursor.count > 1) return false;
    if (blocks.begin.some((opcode) => opcode === cursor.opcode)) depth++;
    if (blocks.end.some((opcode) => opcode === cursor.opcode)) depth--;
    if (depth > blocksMax - 1) return false;
  }
  return cursor.end === reader.end;
};
