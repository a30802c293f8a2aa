import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { type Limits, sectionId } from '../../../artifact/wasm/module.ts';
import { readImport } from '../../../artifact/wasm/read/entries.ts';
import { entriesOf, readBinary } from '../../../artifact/wasm/read/module.ts';
import { readLimits } from '../../../artifact/wasm/read/types.ts';

/** Whether so many pages for all memories of a module are less than it may ask for by its own maxima. */
export function isMemoryBounded(bytes: Uint8Array, memoryPagesMax: number): boolean {
  const wanted = memoriesOf(bytes).reduce((sum, { maximum = Number.POSITIVE_INFINITY }) => sum + maximum, 0);
  return wanted > memoryPagesMax;
}

function memoriesOf(bytes: Uint8Array): readonly Limits[] {
  const binary = readBinary(bytes, wasmLimits);
  const imports = entriesOf(binary, sectionId.import, readImport, wasmLimits);
  return [
    ...imports.flatMap(({ type }) => (type.kind === 'memory' ? [type.limits] : [])),
    ...entriesOf(binary, sectionId.memory, readLimits, wasmLimits),
  ];
}
