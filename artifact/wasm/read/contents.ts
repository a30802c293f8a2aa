import { immediate } from '../immediates.ts';
import type { WasmLimits } from '../limits.ts';
import {
  type Binary,
  type DataSegment,
  type ElementSegment,
  type Export,
  type FunctionBody,
  type Global,
  type Import,
  type Limits,
  type RecursiveGroup,
  sectionId,
  type Table,
} from '../module.ts';
import { ByteReader, type FieldSink } from './bytes.ts';
import { readFunctionBody } from './code.ts';
import { readExport, readGlobal, readImport, readTable, readTag } from './entries.ts';
import { entriesOf, sectionOf } from './module.ts';
import { readDataSegment, readElementSegment } from './segments.ts';
import { type Read, readLimits, readRecursiveGroup } from './types.ts';

/** Every entry of a core module's sections, each with where it was read from. */
export interface ModuleContents {
  readonly types: readonly Read<RecursiveGroup>[];
  readonly imports: readonly Read<Import>[];
  /** Type indices of the functions defined here, in order. */
  readonly functions: readonly number[];
  readonly tables: readonly Read<Table>[];
  readonly memories: readonly Read<Limits>[];
  readonly tags: readonly { readonly type: number }[];
  readonly globals: readonly Read<Global>[];
  readonly exports: readonly Read<Export>[];
  readonly start: number | undefined;
  readonly elements: readonly Read<ElementSegment>[];
  readonly dataCount: number | undefined;
  readonly bodies: readonly FunctionBody[];
  readonly data: readonly Read<DataSegment>[];
}

/** Reads all sections of a core module to their last byte; instructions of function bodies are left alone. */
export function readContents(binary: Binary, limits: WasmLimits, sink?: FieldSink): ModuleContents {
  const entries = <T extends object>(id: number, one: (reader: ByteReader) => T): Read<T>[] =>
    entriesOf(binary, id, one, limits, sink);
  const single = (id: number, one: (reader: ByteReader) => number): number | undefined => {
    const section = sectionOf(binary, id);
    if (section === undefined) return undefined;
    const reader = new ByteReader(binary.bytes, section.payload, section.end, limits, sink);
    const value = one(reader);
    reader.finish();
    return value;
  };
  return {
    types: entries(sectionId.type, readRecursiveGroup),
    imports: entries(sectionId.import, readImport),
    functions: entries(sectionId.function, (reader) => ({ type: reader.index(immediate.type) })).map(
      ({ type }) => type,
    ),
    tables: entries(sectionId.table, readTable),
    memories: entries(sectionId.memory, readLimits),
    tags: entries(sectionId.tag, readTag),
    globals: entries(sectionId.global, readGlobal),
    exports: entries(sectionId.export, readExport),
    start: single(sectionId.start, (reader) => reader.index(immediate.func)),
    elements: entries(sectionId.element, readElementSegment),
    dataCount: single(sectionId.dataCount, (reader) => reader.u32()),
    bodies: readBodies(binary, limits),
    data: entries(sectionId.data, readDataSegment),
  };
}

/** Where the functions defined in a core module have their bodies, in order. */
export function readBodies(binary: Binary, limits: WasmLimits): FunctionBody[] {
  const section = sectionOf(binary, sectionId.code);
  if (section === undefined) return [];
  const reader = new ByteReader(binary.bytes, section.payload, section.end, limits);
  const bodies: FunctionBody[] = [];
  for (let left = reader.count(); left > 0; left--) bodies.push(readFunctionBody(reader));
  reader.finish();
  return bodies;
}
