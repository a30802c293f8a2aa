import type { WasmLimits } from '../wasm/limits.ts';
import type { Binary, Section } from '../wasm/module.ts';
import { customSectionName } from '../wasm/read/module.ts';
import { readFunctionNames } from '../wasm/read/names.ts';
import { ByteWriter } from '../wasm/write/bytes.ts';
import type { Indices } from './indices.ts';

// These point into code or count functions as they were; nothing on a device reads them.
const outdated = /^(name$|metadata\.code\.|\.debug_|reloc\.|linking$|sourceMappingURL$|external_debug_info$)/;

const functionNamesId = 1;

/** Whether a custom section is still true of the instrumented module; names are written anew. */
export function staysTrue(binary: Binary, section: Section, limits: WasmLimits): boolean {
  return !outdated.test(customSectionName(binary, section, limits));
}

/** The contents of a name section with the functions' names, for stack traces; undefined where there are none. */
export function functionNames(binary: Binary, limits: WasmLimits, indices: Indices): Uint8Array | undefined {
  const names = readFunctionNames(binary, limits);
  if (names === undefined) return undefined;
  const map = new ByteWriter();
  map.u32(names.entries.length);
  for (const { index, name } of names.entries) {
    map.u32(indices.named(index));
    map.name(name);
  }
  const writer = new ByteWriter(map.length + 16);
  writer.name('name');
  writer.section(functionNamesId, map.contents());
  return writer.contents();
}
