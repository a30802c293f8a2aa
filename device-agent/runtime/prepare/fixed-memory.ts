import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { type Limits, sectionId } from '../../../artifact/wasm/module.ts';
import { ByteReader } from '../../../artifact/wasm/read/bytes.ts';
import { readImport } from '../../../artifact/wasm/read/entries.ts';
import { readBinary, sectionOf } from '../../../artifact/wasm/read/module.ts';
import { readEntries, readLimits } from '../../../artifact/wasm/read/types.ts';

/** Whether a module asks for no more memory than it starts with: then none that it lacks is what ends it. */
export function isMemoryFixed(bytes: Uint8Array): boolean {
  return memoriesOf(bytes).every(({ minimum, maximum }) => minimum === maximum);
}

function memoriesOf(bytes: Uint8Array): readonly Limits[] {
  const binary = readBinary(bytes, wasmLimits);
  const reader = (id: number): ByteReader | undefined => {
    const section = sectionOf(binary, id);
    return section && new ByteReader(bytes, section.payload, section.end, wasmLimits);
  };
  const [imported, own] = [reader(sectionId.import), reader(sectionId.memory)];
  const imports = imported === undefined ? [] : readEntries(imported, readImport);
  return [
    ...imports.flatMap(({ type }) => (type.kind === 'memory' ? [type.limits] : [])),
    ...(own === undefined ? [] : readEntries(own, readLimits)),
  ];
}
