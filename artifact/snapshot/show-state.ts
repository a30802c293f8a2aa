import { exportMore } from '../wasm/export-more.ts';
import { wasmLimits } from '../wasm/limits.ts';
import { type Binary, type Limits, limitsFlag, sectionId, type ValueType } from '../wasm/module.ts';
import { readExport, readGlobal, readImport, readTable } from '../wasm/read/entries.ts';
import { entriesOf, readBinary } from '../wasm/read/module.ts';
import { readLimits } from '../wasm/read/types.ts';

/** A type of number that a global may have. */
export type NumberType = 'i32' | 'i64' | 'f32' | 'f64';

/** What of a module's state is not its memory, by the names under which the rewritten module exports it. */
export interface ShownState {
  readonly module: Uint8Array;
  /** Numbers that may change. */
  readonly globals: Readonly<Record<string, NumberType>>;
  readonly tables: readonly string[];
}

/** Why the state of a module's instances can't be captured; its message is for people and starts with a small letter. */
export class UncapturableState extends Error {
  override readonly name = 'UncapturableState';
}

const numbers: Readonly<Record<number, NumberType>> = { 127: 'i32', 126: 'i64', 125: 'f32', 124: 'f64' };

/**
 * The module with everything exported that its instances change besides their memory; its instructions stay. Globals that it
 * exports by the names of `apart` are no state. Throws where it may have state that can't be carried from one instance to another.
 */
export function showState(bytes: Uint8Array, apart: readonly string[]): ShownState {
  const binary = readBinary(bytes, wasmLimits);
  const imports = entriesOf(binary, sectionId.import, readImport, wasmLimits).map(({ type }) => type);
  requireOneMemory([
    ...imports.flatMap((type) => (type.kind === 'memory' ? [type.limits] : [])),
    ...entriesOf(binary, sectionId.memory, readLimits, wasmLimits),
  ]);
  const exports = entriesOf(binary, sectionId.export, readExport, wasmLimits);
  const hidden = exports
    .filter(({ name, kind }) => kind === 'global' && apart.includes(name))
    .map(({ index }) => index);
  const globals = shownGlobals(binary, imports.filter(({ kind }) => kind === 'global').length, hidden);
  const tables = entriesOf(binary, sectionId.table, readTable, wasmLimits).map(
    (_, at) => at + imports.filter(({ kind }) => kind === 'table').length,
  );
  const shown = [
    ...globals.map(({ index }) => ({ name: `fleet:global:${index}`, kind: 'global', index }) as const),
    ...tables.map((index) => ({ name: `fleet:table:${index}`, kind: 'table', index }) as const),
  ];
  const module = exportMore(binary, shown);
  if (module === undefined) throw new UncapturableState('it exports nothing that could be called');
  return {
    module,
    globals: Object.fromEntries(globals.map(({ index, type }) => [`fleet:global:${index}`, type])),
    tables: tables.map((index) => `fleet:table:${index}`),
  };
}

function requireOneMemory(memories: readonly Limits[]): void {
  if (memories.length > 1)
    throw new UncapturableState(`it has ${memories.length} memories, of one at most a snapshot is made`);
  if (memories.some(({ flags }) => (flags & limitsFlag.shared) !== 0))
    throw new UncapturableState('its memory is shared: others may write while it is captured');
  if (memories.some(({ flags }) => (flags & limitsFlag.wide) !== 0))
    throw new UncapturableState('its memory has addresses of 64 bits');
}

function shownGlobals(
  binary: Binary,
  imported: number,
  hidden: readonly number[],
): { readonly index: number; readonly type: NumberType }[] {
  return entriesOf(binary, sectionId.global, readGlobal, wasmLimits).flatMap(({ type: { type, mutable } }, at) => {
    const index = imported + at;
    return mutable && !hidden.includes(index) ? [{ index, type: numberOf(type, index) }] : [];
  });
}

function numberOf({ code }: ValueType, index: number): NumberType {
  const type = numbers[code];
  if (type === undefined)
    throw new UncapturableState(
      `its global ${index} may change and is no i32, i64, f32 or f64: a reference or a vector`,
    );
  return type;
}
