import { immediate } from '../wasm/immediates.ts';
import { wasmLimits } from '../wasm/limits.ts';
import { type Binary, type CompositeType, type Import, limitsFlag, sectionId } from '../wasm/module.ts';
import { readExport, readImport } from '../wasm/read/entries.ts';
import { entriesOf, readBinary } from '../wasm/read/module.ts';
import { readLimits, readRecursiveGroup } from '../wasm/read/types.ts';
import type { LinkedFunction } from './trampolines.ts';

/** What a function takes and gives. */
export type Signature = Pick<LinkedFunction, 'params' | 'results'>;

/** What a module imports; what is no function has no signature. */
export interface Imported {
  readonly module: string;
  readonly name: string;
  readonly signature: Signature | undefined;
}

/** What a core module imports, in its order. Reads no more of it than that; throws a WasmError where it is no module. */
export function importsOf(bytes: Uint8Array): readonly Imported[] {
  const binary = readBinary(bytes, wasmLimits);
  const types = typesOf(binary);
  return readImports(binary).map(({ module, name, type }) => ({
    ...{ module, name },
    signature: type.kind === 'function' ? signatureIn(types, type.type) : undefined,
  }));
}

/** The functions that a core module exports, by name. */
export function exportedFunctions(bytes: Uint8Array): ReadonlyMap<string, Signature> {
  const binary = readBinary(bytes, wasmLimits);
  const types = typesOf(binary);
  const imported = readImports(binary).flatMap(({ type }) => (type.kind === 'function' ? [type.type] : []));
  const own = entriesOf(binary, sectionId.function, (reader) => ({ type: reader.index(immediate.type) }), wasmLimits);
  const typeOf = [...imported, ...own.map(({ type }) => type)];
  const functions = entriesOf(binary, sectionId.export, readExport, wasmLimits).filter(
    ({ kind }) => kind === 'function',
  );
  return new Map(functions.map(({ name, index }) => [name, signatureIn(types, typeOf[index])]));
}

const sharedOr64Bits = limitsFlag.shared | limitsFlag.wide;

/** Whether its host sees one memory of a core module, with 32-bit addresses and shared with no other thread. */
export function hasPlainMemory(bytes: Uint8Array): boolean {
  const binary = readBinary(bytes, wasmLimits);
  const imported = readImports(binary).flatMap(({ type }) => (type.kind === 'memory' ? [type.limits] : []));
  const memories = [...imported, ...entriesOf(binary, sectionId.memory, readLimits, wasmLimits)];
  const isShown = entriesOf(binary, sectionId.export, readExport, wasmLimits).some(
    ({ name, kind }) => name === 'memory' && kind === 'memory',
  );
  const isPlain = memories.length === 1 && (memories[0]!.flags & sharedOr64Bits) === 0;
  return isPlain && (isShown || imported.length === 1);
}

function readImports(binary: Binary): readonly Import[] {
  return entriesOf(binary, sectionId.import, readImport, wasmLimits);
}

function typesOf(binary: Binary): readonly CompositeType[] {
  return entriesOf(binary, sectionId.type, readRecursiveGroup, wasmLimits).flatMap(({ types }) =>
    types.map(({ composite }) => composite),
  );
}

/** A type that is no function's fits nothing, for the engine finds the module invalid. */
function signatureIn(types: readonly CompositeType[], index: number | undefined): Signature {
  const composite = index === undefined ? undefined : types[index];
  return composite?.kind === 'function' ? composite : { params: [], results: [] };
}
