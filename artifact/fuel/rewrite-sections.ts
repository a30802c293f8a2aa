import { type Binary, type Export, type Import, type Limits, sectionId } from '../wasm/module.ts';
import type { ModuleContents } from '../wasm/read/contents.ts';
import { sectionOf } from '../wasm/read/module.ts';
import { ByteWriter } from '../wasm/write/bytes.ts';
import { writeFunctionBody } from '../wasm/write/code.ts';
import { writeExport, writeImport } from '../wasm/write/entries.ts';
import { writeLimits, writeRecursiveGroup, writeTableType, writeVector } from '../wasm/write/types.ts';
import type { AddedTypes } from './added-types.ts';
import { Assembler } from './assembler.ts';
import { fuelContract } from './contract.ts';
import { boundMemories, boundTables } from './growth.ts';
import type { IndexPatches } from './index-patches.ts';
import type { Indices } from './indices.ts';
import { importWrapper, own, ownBodies, ownFunctions } from './injected.ts';
import type { GrowthLimits } from './limits.ts';
import type { MeteredFunction } from './meter.ts';
import type { Signatures } from './signatures.ts';
import { writeBody } from './write-body.ts';

/** A module that is being written anew. */
export interface Rewriting {
  readonly bytes: Uint8Array;
  readonly binary: Binary;
  readonly contents: ModuleContents;
  readonly signatures: Signatures;
  readonly functions: readonly MeteredFunction[];
  readonly growth: GrowthLimits;
  readonly patches: IndexPatches;
  readonly indices: Indices;
  /** Grows while the code is written, so types come last. */
  readonly types: AddedTypes;
}

/** The contents of every section but the custom ones, by number, where there is something in it. */
export function rewriteSections(rewriting: Rewriting): Map<number, Uint8Array> {
  const sections = new Map<number, Uint8Array>();
  const write = (id: number, one: (writer: ByteWriter, rewriting: Rewriting) => void): void => {
    const writer = new ByteWriter();
    one(writer, rewriting);
    if (writer.length > 1) sections.set(id, writer.contents());
  };
  write(sectionId.code, writeCode);
  write(sectionId.function, writeFunctions);
  write(sectionId.import, writeImports);
  write(sectionId.table, writeTables);
  write(sectionId.memory, writeMemories);
  write(sectionId.export, writeExports);
  write(sectionId.type, writeTypes);
  for (const id of [sectionId.tag, sectionId.global, sectionId.element, sectionId.dataCount, sectionId.data]) {
    const section = sectionOf(rewriting.binary, id);
    if (section === undefined) continue;
    const span = { start: section.payload, end: section.end };
    write(id, (writer) => rewriting.patches.copy(writer, span, rewriting.indices));
  }
  return sections;
}

function writeTypes(writer: ByteWriter, { contents, types }: Rewriting): void {
  writeVector(writer, [...contents.types, ...types.groups], writeRecursiveGroup);
}

function writeFunctions(writer: ByteWriter, { contents, signatures, types }: Rewriting): void {
  const ours = Array.from({ length: ownFunctions }, (_, number) => types.ofOwn(number));
  const imported = signatures.ofFunction.slice(0, signatures.ofFunction.length - contents.functions.length);
  writeVector(writer, [...ours, ...contents.functions, ...imported], (inner, type) => inner.u32(type));
}

function writeImports(writer: ByteWriter, { contents, types, growth }: Rewriting): void {
  const { module, out, left, stack } = fuelContract;
  const counter = (name: string, code: number): Import => ({
    module,
    name,
    type: { kind: 'global', global: { type: { code }, mutable: true } },
  });
  const ours: Import[] = [
    { module, name: out, type: { kind: 'function', type: types.ofOwn(own.stopIfEnded) } },
    counter(left, 0x7e),
    counter(stack, 0x7f),
  ];
  const memories = boundedMemories({ contents, growth });
  const tables = boundedTables({ contents, growth });
  const bounded = contents.imports.map((one): Import => {
    if (one.type.kind === 'memory') return { ...one, type: { kind: 'memory', limits: memories.shift()! } };
    if (one.type.kind !== 'table') return one;
    return { ...one, type: { kind: 'table', table: { ...one.type.table, limits: tables.shift()! } } };
  });
  writeVector(writer, [...bounded, ...ours], writeImport);
}

type Growing = Pick<Rewriting, 'contents' | 'growth'>;

/** The limits of all memories, imported ones first. */
function boundedMemories({ contents, growth }: Growing): Limits[] {
  const imported = contents.imports.flatMap(({ type }) => (type.kind === 'memory' ? [type.limits] : []));
  return boundMemories([...imported, ...contents.memories], growth.memoryPagesMax);
}

/** The limits of all tables, imported ones first. */
function boundedTables({ contents, growth }: Growing): Limits[] {
  const imported = contents.imports.flatMap(({ type }) => (type.kind === 'table' ? [type.table.limits] : []));
  return boundTables([...imported, ...contents.tables.map(({ type }) => type.limits)], growth.tableElementsMax);
}

function writeMemories(writer: ByteWriter, { contents, growth }: Rewriting): void {
  const all = boundedMemories({ contents, growth });
  writeVector(writer, all.slice(all.length - contents.memories.length), writeLimits);
}

function writeTables(writer: ByteWriter, { contents, growth, patches, indices }: Rewriting): void {
  const all = boundedTables({ contents, growth });
  const limits = all.slice(all.length - contents.tables.length);
  writeVector(writer, contents.tables, (inner, { type, init }) => {
    if (init !== undefined) inner.raw(Uint8Array.of(0x40, 0));
    writeTableType(inner, { ...type, limits: limits.shift()! });
    if (init !== undefined) patches.copy(inner, init, indices);
  });
}

function writeExports(writer: ByteWriter, { contents, indices }: Rewriting): void {
  const { exports, start } = contents;
  const all = start === undefined ? exports : [...exports, startExport(start)];
  writeVector(writer, all, (inner, { name, kind, index }) => {
    const now = { function: indices.function(index), global: indices.global(index) }[kind as string] ?? index;
    writeExport(inner, { name, kind, index: now });
  });
}

function startExport(index: number): Export {
  return { name: fuelContract.start, kind: 'function', index };
}

function writeCode(writer: ByteWriter, rewriting: Rewriting): void {
  const { bytes, contents, signatures, functions, indices, types } = rewriting;
  const imported = signatures.ofFunction.length - contents.functions.length;
  writer.u32(ownFunctions + functions.length + imported);
  for (const body of ownBodies(indices)) writeFunctionBody(writer, body);
  const code = new Assembler(1 << 12);
  functions.forEach((metered, number) => {
    code.clear();
    writeBody(code, bytes, metered, types.ofResults(contents.functions[number]!), indices);
    writeFunctionBody(writer, code.contents());
  });
  for (let index = 0; index < imported; index++) {
    const params = signatures.params[signatures.ofFunction[index]!] ?? 0;
    writeFunctionBody(writer, importWrapper(indices, index, params));
  }
}
