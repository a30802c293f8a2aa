import { exportMore } from '../../../artifact/wasm/export-more.ts';
import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { type Export, sectionId } from '../../../artifact/wasm/module.ts';
import { readExport, readImport } from '../../../artifact/wasm/read/entries.ts';
import { entriesOf, readBinary } from '../../../artifact/wasm/read/module.ts';
import { readLimits } from '../../../artifact/wasm/read/types.ts';

/** A module that shows all memories that it makes, and under which names those that its host would not see. */
export interface ShownMemories {
  readonly module: Uint8Array;
  readonly names: readonly string[];
}

/** Has a module export what of its memories is neither taken from outside nor exported as `memory`: what they hold counts too. */
export function showMemories(bytes: Uint8Array): ShownMemories {
  const binary = readBinary(bytes, wasmLimits);
  const imports = entriesOf(binary, sectionId.import, readImport, wasmLimits);
  const imported = imports.filter(({ type }) => type.kind === 'memory').length;
  const exports = entriesOf(binary, sectionId.export, readExport, wasmLimits);
  const seen = exports.find(({ name, kind }) => name === 'memory' && kind === 'memory')?.index;
  const hidden = entriesOf(binary, sectionId.memory, readLimits, wasmLimits)
    .map((_, at): Export => ({ name: `fleet:memory:${imported + at}`, kind: 'memory', index: imported + at }))
    .filter(({ index }) => index !== seen);
  const module = hidden.length === 0 ? undefined : exportMore(binary, hidden);
  return module === undefined ? { module: bytes, names: [] } : { module, names: hidden.map(({ name }) => name) };
}
