import { immediate } from '../wasm/immediates.ts';
import { type Export, type Import, type Limits, sectionId, type Table } from '../wasm/module.ts';
import { ByteReader } from '../wasm/read/bytes.ts';
import { readExport, readGlobal, readImport, readTable, readTag } from '../wasm/read/entries.ts';
import { sectionOf } from '../wasm/read/module.ts';
import { readElementSegment } from '../wasm/read/segments.ts';
import { type Read, readEntries, readLimits, readRecursiveGroup } from '../wasm/read/types.ts';
import type { Hearing } from './hearing.ts';
import { keepsException, ModuleTypes } from './module-types.ts';

/** What a module consists of besides its bodies and data, within the limits. */
export interface ModuleParts {
  readonly types: ModuleTypes;
  readonly imports: readonly Read<Import>[];
  readonly exports: readonly Read<Export>[];
  /** Imported ones first. */
  readonly memories: readonly Limits[];
  readonly tableElements: number;
  /** Whether exceptions can be kept in tables or globals: elsewhere there are no more than calls under way. */
  readonly keepsExceptions: boolean;
}

/** Reads the parts and judges how many there are and how large; what is too many is not read. */
export function judgeParts(hearing: Hearing): ModuleParts {
  const { limits } = hearing;
  const types = new ModuleTypes();
  for (const group of counted(hearing, sectionId.type, 'types', limits.typesMax, readRecursiveGroup)) {
    types.addGroup(group);
  }
  requireFew(hearing, types.resultsMax(), limits.resultsMax, 'results of one function', sectionId.type);
  const imports = counted(hearing, sectionId.import, 'imports', limits.importsMax, readImport);
  for (const { type } of imports) {
    if (type.kind === 'function') types.addFunction(type.type);
    if (type.kind === 'tag') types.addTag(type.type);
  }
  const readType = (reader: ByteReader) => ({ type: reader.index(immediate.type) });
  for (const { type } of counted(hearing, sectionId.function, 'functions', limits.functionsMax, readType)) {
    types.addFunction(type);
  }
  const tables = counted(hearing, sectionId.table, 'tables', limits.tablesMax, readTable);
  const imported = imports.flatMap(({ type }) => (type.kind === 'memory' ? [type.limits] : []));
  const memories = [...imported, ...counted(hearing, sectionId.memory, 'memories', limits.memoriesMax, readLimits)];
  for (const { type } of counted(hearing, sectionId.tag, 'tags', limits.typesMax, readTag)) types.addTag(type);
  const globals = counted(hearing, sectionId.global, 'globals', limits.globalsMax, readGlobal);
  const exports = counted(hearing, sectionId.export, 'exports', limits.exportsMax, readExport);
  judgeElements(hearing);
  countOf(hearing, sectionId.data, 'data segments', limits.dataSegmentsMax);
  judgeMemories(hearing, memories);
  const places = [...tables.map(({ type }) => type.element), ...globals.map(({ type }) => type.type)];
  const keepsExceptions = places.some(keepsException);
  return { types, imports, exports, memories, tableElements: judgeTables(hearing, tables), keepsExceptions };
}

/** Where a section's entries are; undefined where there is none, or where it has too many. */
function countOf(hearing: Hearing, id: number, what: string, max: number): ByteReader | undefined {
  const { binary, reading } = hearing;
  const section = sectionOf(binary, id);
  if (section === undefined) return undefined;
  const reader = new ByteReader(binary.bytes, section.payload, section.end, reading);
  const count = reader.count();
  if (!requireFew(hearing, count, max, what, id)) return undefined;
  reader.at = section.payload;
  return reader;
}

function counted<T extends object>(
  hearing: Hearing,
  id: number,
  what: string,
  max: number,
  one: (reader: ByteReader) => T,
): readonly Read<T>[] {
  const reader = countOf(hearing, id, what, max);
  return reader === undefined ? [] : readEntries(reader, one);
}

function requireFew({ binary, problems }: Hearing, count: number, max: number, what: string, id: number): boolean {
  // What is no exact number is above 2^53.
  if (count <= max) return true;
  problems.add('TOO_MANY', sectionOf(binary, id)?.start ?? 0, `it has ${count} ${what}, at most ${max} can run`);
  return false;
}

function judgeTables(hearing: Hearing, tables: readonly Table[]): number {
  const elements = tables.reduce((sum, { type }) => sum + type.limits.minimum, 0);
  requireFew(hearing, elements, hearing.limits.tableElementsMax, 'table elements at its start', sectionId.table);
  return elements;
}

function judgeMemories(hearing: Hearing, memories: readonly Limits[]): void {
  const pages = memories.reduce((sum, { minimum }) => sum + minimum, 0);
  const { memoryPagesMax } = hearing.limits;
  requireFew(hearing, pages, memoryPagesMax, 'pages of memory (64 KiB each) at its start', sectionId.memory);
}

function judgeElements(hearing: Hearing): void {
  const { elementSegmentsMax, elementsMax } = hearing.limits;
  const reader = countOf(hearing, sectionId.element, 'element segments', elementSegmentsMax);
  if (reader === undefined) return;
  let elements = 0;
  for (let left = reader.count(); left > 0; left--) {
    const { functions, expressions } = readElementSegment(reader);
    elements += (functions ?? expressions ?? []).length;
  }
  reader.finish();
  requireFew(hearing, elements, elementsMax, 'elements in segments', sectionId.element);
}
