import { type Limits, limitsFlag } from '../wasm/module.ts';
import type { ModuleContents } from '../wasm/read/contents.ts';

/** How many values a function type takes and gives; zero for types of other kinds. */
export interface Signatures {
  readonly params: readonly number[];
  readonly results: readonly number[];
  /** How many fields a struct type has; zero for types of other kinds. */
  readonly fields: readonly number[];
  /** Type index of every function, imported ones first. */
  readonly ofFunction: readonly number[];
  /** Type index of every tag, imported ones first. */
  readonly ofTag: readonly number[];
  /** Whether lengths in each memory and table are 64-bit, imported ones first. */
  readonly wideMemory: readonly boolean[];
  readonly wideTable: readonly boolean[];
}

const isWide = ({ flags }: Limits): boolean => (flags & limitsFlag.wide) !== 0;

/** The arities of a module's types and functions. */
export function signaturesOf({ types, imports, functions, tags, memories, tables }: ModuleContents): Signatures {
  const composites = types.flatMap((group) => group.types.map(({ composite }) => composite));
  const imported = imports.map(({ type }) => type);
  return {
    params: composites.map((one) => (one.kind === 'function' ? one.params.length : 0)),
    results: composites.map((one) => (one.kind === 'function' ? one.results.length : 0)),
    fields: composites.map((one) => (one.kind === 'struct' ? one.fields.length : 0)),
    ofFunction: [...imported.flatMap((one) => (one.kind === 'function' ? [one.type] : [])), ...functions],
    ofTag: [...imported.flatMap((one) => (one.kind === 'tag' ? [one.type] : [])), ...tags.map(({ type }) => type)],
    wideMemory: [...imported.flatMap((one) => (one.kind === 'memory' ? [one.limits] : [])), ...memories].map(isWide),
    wideTable: [
      ...imported.flatMap((one) => (one.kind === 'table' ? [one.table.limits] : [])),
      ...tables.map(({ type }) => type.limits),
    ].map(isWide),
  };
}
