import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { sectionId } from '../../../artifact/wasm/module.ts';
import { ByteReader } from '../../../artifact/wasm/read/bytes.ts';
import { readFunctionBody } from '../../../artifact/wasm/read/code.ts';
import { readBinary, sectionOf } from '../../../artifact/wasm/read/module.ts';

/** Bytes of a module's largest function, which the engine compiles in one go when it is first called. */
export function largestBodyBytes(bytes: Uint8Array): number {
  const section = sectionOf(readBinary(bytes, wasmLimits), sectionId.code);
  if (section === undefined) return 0;
  const reader = new ByteReader(bytes, section.payload, section.end, wasmLimits);
  let largest = 0;
  for (let left = reader.count(); left > 0; left--) {
    const { start, end } = readFunctionBody(reader);
    largest = Math.max(largest, end - start);
  }
  return largest;
}
