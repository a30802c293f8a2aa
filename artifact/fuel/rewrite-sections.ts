import { wasmLimits } from '../wasm/limits.ts';
import { type Binary, type Export, type Import, type Limits, sectionId } from '../wasm/module.ts';
import type { ModuleContents } from '../wasm/read/contents.ts';
import { InstructionCursor } from '../wasm/read/instructions.ts';
import { sectionOf } from '../wasm/read/module.ts';
import { ByteWriter } from '../wasm/write/bytes.ts';
import { writeFunctionBody } from '../wasm/write/code.ts';
import { writeExport, writeImport } from '../wasm/write/entries.ts';
import { writeLimits, writeRecursiveGroup, writeTableType, writeVector } from '../wasm/write/types.ts';
import type { AddedTypes } from './added-types.ts';
import { Assembler } from './assembler.ts';
import { BranchHints } from './branch-hints.ts';
import { fuelContract } from './contract.ts';
import { counterCount, writeCounters } from './counters.ts';
import type { EditLog } from './edit-log.ts';
import { boundMemories, boundTables } from './growth.ts';
import type { IndexPatches } from './index-patches.ts';
import type { Indices } from './indices.ts';
import { importWrapper, type OwnBody, own, ownBodies, ownFunctions, threadedEntry } from './injected.ts';
import type { GrowthLimits } from './limits.ts';
import type { MeteredFunction } from './meter.ts';
import type { Signatures } from './signatures.ts';
import { writeBody } from './write-body.ts';
import { writeThreadedBody } from './write-threaded-body.ts';

/** A module that is being written anew. */
export interface Rewriting {
  readonly bytes: Uint8Array;
  readonly binary: Binary;
  readonly contents: ModuleContents;
  readonly signatures: Signatures;
  readonly functions: readonly MeteredFunction[];
  readonly reserve: number;
  readonly log: EditLog;
  readonly growth: GrowthLimits;
  readonly patches: IndexPatches;
  readonly indices: Indices;
  /** Grows while the code is written, so types come last. */
  readonly types: AddedTypes;
}

/** What the sections of a module are made of. */
export interface RewrittenSections {
  /** Contents of all but the custom ones, by number, where there is something in it. */
  readonly sections: ReadonlyMap<number, Uint8Array>;
  /** A custom section for in front of the code. */
  readonly hints: Uint8Array;
}

/** Writes all sections that may change. */
export function rewriteSections(rewriting: Rewriting): RewrittenSections {
  const hints = new BranchHints();
  const sections = new Map<number, Uint8Array>();
  const write = (id: number, one: (writer: ByteWriter, rewriting: Rewriting) => void): void => {
    const before = sectionOf(rewriting.binary, id);
    // Code grows by a tenth.
    const writer = new ByteWriter(before === undefined ? 256 : Math.ceil((before.end - before.start) * 1.25));
    one(writer, rewriting);
    // A lone zero says that there is nothing.
    if (writer.length > 1 || writer.contents()[0] !== 0) sections.set(id, writer.contents());
  };
  write(sectionId.code, (writer) => writeCode(writer, rewriting, hints));
  write(sectionId.function, writeFunctions);
  write(sectionId.import, writeImports);
  write(sectionId.table, writeTables);
  write(sectionId.memory, writeMemories);
  write(sectionId.export, writeExports);
  write(sectionId.type, writeTypes);
  write(sectionId.global, writeGlobals);
  for (const id of [sectionId.tag, sectionId.element, sectionId.dataCount, sectionId.data]) {
    const section = sectionOf(rewriting.binary, id);
    if (section === undefined) continue;
    const span = { start: section.payload, end: section.end };
    write(id, (writer) => rewriting.patches.copy(writer, span, rewriting.indices));
  }
  return { sections, hints: hints.contents() };
}

function writeTypes(writer: ByteWriter, { contents, types }: Rewriting): void {
  writeVector(writer, [...contents.types, ...types.groups], writeRecursiveGroup);
}

function writeFunctions(writer: ByteWriter, { contents, signatures, functions, types }: Rewriting): void {
  const ours = Array.from({ length: ownFunctions }, (_, number) => types.ofOwn(number));
  const imported = signatures.ofFunction.slice(0, signatures.ofFunction.length - contents.functions.length);
  const isThreaded = (number: number): boolean => functions[number]!.metering.threaded;
  const bodies = contents.functions.map((type, number) => (isThreaded(number) ? types.ofThreaded(type) : type));
  const entries = contents.functions.filter((_, number) => isThreaded(number));
  writeVector(writer, [...ours, ...bodies, ...imported, ...entries], (inner, type) => inner.u32(type));
}

function writeImports(writer: ByteWriter, { contents, types, growth }: Rewriting): void {
  const { module, out } = fuelContract;
  const ours: Import = { module, name: out, type: { kind: 'function', type: types.ofOwn(own.stopIfEnded) } };
  const memories = boundedMemories({ contents, growth });
  const tables = boundedTables({ contents, growth });
  const bounded = contents.imports.map((one): Import => {
    if (one.type.kind === 'memory') return { ...one, type: { kind: 'memory', limits: memories.shift()! } };
    if (one.type.kind !== 'table') return one;
    return { ...one, type: { kind: 'table', table: { ...one.type.table, limits: tables.shift()! } } };
  });
  writeVector(writer, [...bounded, ours], writeImport);
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
  const own = exports.map(({ name, kind, index }): Export => {
    const now = { function: indices.function(index), global: indices.global(index) }[kind as string] ?? index;
    return { name, kind, index: now };
  });
  const ours: Export[] = [
    { name: fuelContract.left, kind: 'global', index: indices.left },
    { name: fuelContract.stack, kind: 'global', index: indices.stack },
  ];
  if (start !== undefined) ours.push({ name: fuelContract.start, kind: 'function', index: indices.function(start) });
  writeVector(writer, [...own, ...ours], writeExport);
}

/** Ours first: they may be imported instead without any other moving. */
function writeGlobals(writer: ByteWriter, { contents, patches, indices }: Rewriting): void {
  writer.u32(counterCount + contents.globals.length);
  writeCounters(writer);
  for (const span of contents.globals) patches.copy(writer, span, indices);
}

function writeCode(writer: ByteWriter, rewriting: Rewriting, hints: BranchHints): void {
  const { bytes, contents, signatures, functions, reserve, log, indices, types } = rewriting;
  const imported = signatures.ofFunction.length - contents.functions.length;
  let index = indices.own(0);
  const write = (body: OwnBody): void => {
    hints.add(index++, body.unlikely);
    writeFunctionBody(writer, body.bytes);
  };
  const threaded = functions.flatMap(({ metering }, number) => (metering.threaded ? [number + imported] : []));
  writer.u32(ownFunctions + functions.length + imported + threaded.length);
  for (const body of ownBodies(indices, reserve)) write(body);
  const code = new Assembler(1 << 12);
  const cursor = new InstructionCursor(bytes, wasmLimits);
  const calleeOf = (callee: number): MeteredFunction | undefined => functions[callee - imported];
  functions.forEach((metered, number) => {
    code.clear();
    const type = contents.functions[number]!;
    const resultType = types.ofResults(type);
    if (metered.metering.threaded) {
      const params = signatures.params[type]!;
      writeThreadedBody(code, { cursor, log, metered, params, resultType, indices, calleeOf, reserve });
    } else writeBody(code, { cursor, log, metered, resultType, indices, calleeOf, reserve });
    write({ bytes: code.contents(), unlikely: code.unlikely });
  });
  for (let guest = 0; guest < imported; guest++) {
    write(importWrapper(indices, guest, signatures.params[signatures.ofFunction[guest]!] ?? 0));
  }
  for (const guest of threaded) {
    write(threadedEntry(indices, indices.named(guest), signatures.params[signatures.ofFunction[guest]!]!));
  }
}
