import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { prefixBase } from '../../../artifact/wasm/opcodes.ts';
import { ByteReader } from '../../../artifact/wasm/read/bytes.ts';
import { readLocals } from '../../../artifact/wasm/read/code.ts';
import { readBodies } from '../../../artifact/wasm/read/contents.ts';
import { InstructionCursor } from '../../../artifact/wasm/read/instructions.ts';
import { readBinary } from '../../../artifact/wasm/read/module.ts';

/** memory.init, memory.copy and memory.fill, behind the prefix 0xfc. */
const bulkOpcodes: ReadonlySet<number> = new Set([8, 10, 11].map((opcode) => prefixBase[0xfc]! + opcode));

/** Whether a module has instructions that fill or copy any length of memory in one go. */
export function hasBulkMemory(bytes: Uint8Array): boolean {
  const cursor = new InstructionCursor(bytes, wasmLimits);
  for (const { start, end } of readBodies(readBinary(bytes, wasmLimits), wasmLimits)) {
    const body = new ByteReader(bytes, start, end, wasmLimits);
    readLocals(body);
    cursor.seek(body.at, end);
    while (cursor.next()) if (bulkOpcodes.has(cursor.opcode)) return true;
  }
  return false;
}
