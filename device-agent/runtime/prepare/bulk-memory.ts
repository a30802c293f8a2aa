import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { sectionId } from '../../../artifact/wasm/module.ts';
import { prefixBase } from '../../../artifact/wasm/opcodes.ts';
import { ByteReader } from '../../../artifact/wasm/read/bytes.ts';
import { readFunctionBody, readLocals } from '../../../artifact/wasm/read/code.ts';
import { InstructionCursor } from '../../../artifact/wasm/read/instructions.ts';
import { readBinary, sectionOf } from '../../../artifact/wasm/read/module.ts';

/** memory.init, memory.copy and memory.fill, behind the prefix 0xfc. */
const bulkOpcodes: ReadonlySet<number> = new Set([8, 10, 11].map((opcode) => prefixBase[0xfc]! + opcode));

/** Whether a module has instructions that fill or copy any length of memory in one go. */
export function hasBulkMemory(bytes: Uint8Array): boolean {
  const section = sectionOf(readBinary(bytes, wasmLimits), sectionId.code);
  if (section === undefined) return false;
  const reader = new ByteReader(bytes, section.payload, section.end, wasmLimits);
  const cursor = new InstructionCursor(bytes, wasmLimits);
  for (let left = reader.count(); left > 0; left--) {
    const { start, end } = readFunctionBody(reader);
    const body = new ByteReader(bytes, start, end, wasmLimits);
    readLocals(body);
    cursor.seek(body.at, end);
    while (cursor.next()) if (bulkOpcodes.has(cursor.opcode)) return true;
  }
  return false;
}
