import type { WasmLimits } from '../../wasm/limits.ts';
import type { Binary, FunctionBody, Span } from '../../wasm/module.ts';
import { prefixBase } from '../../wasm/opcodes.ts';
import { ByteReader } from '../../wasm/read/bytes.ts';
import { readLocals } from '../../wasm/read/code.ts';
import type { ModuleContents } from '../../wasm/read/contents.ts';
import { InstructionCursor } from '../../wasm/read/instructions.ts';

const i32Const = 0x41;
const i64Const = 0x42;
const memoryInit = prefixBase[0xfc]! + 8;

/** The value of an expression that is one integer constant, or -1. */
export function constantOf({ bytes }: Binary, span: Span, limits: WasmLimits): number {
  const cursor = new InstructionCursor(bytes, limits);
  cursor.seek(span.start, span.end);
  if (!cursor.next() || (cursor.opcode !== i32Const && cursor.opcode !== i64Const)) return -1;
  const value = cursor.values[0]!;
  const address = cursor.opcode === i32Const ? value >>> 0 : value;
  return cursor.end === span.end - 1 && address >= 0 ? address : -1;
}

/** The address of each data segment, -1 where it is not known. */
export function dataAddresses(binary: Binary, contents: ModuleContents, limits: WasmLimits): Float64Array {
  const addresses = new Float64Array(contents.data.length).fill(-1);
  contents.data.forEach(({ offset }, i) => {
    if (offset !== undefined) addresses[i] = constantOf(binary, offset, limits);
  });
  if (contents.data.some(({ flags }) => flags === 1)) {
    for (const body of contents.bodies) findInits(binary, body, addresses, limits);
  }
  return addresses;
}

// Modules with shared memory place passive segments by code: destination, source and length as constants, then
// `memory.init`.
function findInits({ bytes }: Binary, body: FunctionBody, addresses: Float64Array, limits: WasmLimits): void {
  const reader = new ByteReader(bytes, body.start, body.end, limits);
  readLocals(reader);
  const cursor = new InstructionCursor(bytes, limits);
  cursor.seek(reader.at, body.end);
  const last = [-1, -1, -1];
  while (cursor.next()) {
    if (cursor.opcode === memoryInit && cursor.values[0]! < addresses.length && addresses[cursor.values[0]!] === -1) {
      addresses[cursor.values[0]!] = last[0]!;
    }
    const constant = cursor.opcode === i32Const || cursor.opcode === i64Const ? cursor.values[0]! : -1;
    last.shift();
    last.push(constant);
  }
}
