import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { readBodies } from '../../../artifact/wasm/read/contents.ts';
import { readBinary } from '../../../artifact/wasm/read/module.ts';

/** Bytes of a module's largest function, which the engine compiles in one go when it is first called. */
export function largestBodyBytes(bytes: Uint8Array): number {
  const bodies = readBodies(readBinary(bytes, wasmLimits), wasmLimits);
  return bodies.reduce((largest, { start, end }) => Math.max(largest, end - start), 0);
}
