import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { type Limits, sectionId } from '../../../artifact/wasm/module.ts';
import { readImport } from '../../../artifact/wasm/read/entries.ts';
import { entriesOf, readBinary } from '../../../artifact/wasm/read/module.ts';
import { readLimits } from '../../../artifact/wasm/read/types.ts';

/** Whether a module asks for no more memory than it starts with: then none that it lacks is what ends it. */
export function isMemoryFixed(bytes: Uint8Array): boolean {
  return memoriesOf(bytes).every(({ minimum, maximum }) => minimum === maximum);
}

function memoriesOf(bytes: Uint8Array): readonly Limits[] {
  const binary = readBinary(bytes, wasmLimits);
  const imports = entriesOf(binary, sectionId.import, readImport, wasmLimits);
  return [
    ...imports.flatMap(({ type }) => (type.kind === 'memory' ? [type.limits] : [])),
    ...entriesOf(binary, sectionId.memory, readLimits, wasmLimits),
  ];
}
