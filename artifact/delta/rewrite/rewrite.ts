import { WasmError } from '../../wasm/error.ts';
import { wasmLimits } from '../../wasm/limits.ts';
import { type Binary, type Section, sectionId } from '../../wasm/module.ts';
import { ByteReader } from '../../wasm/read/bytes.ts';
import { readContents } from '../../wasm/read/contents.ts';
import { readExport, readGlobal, readImport, readTable, readTag } from '../../wasm/read/entries.ts';
import type { FunctionNames } from '../../wasm/read/names.ts';
import { readRecursiveGroup } from '../../wasm/read/types.ts';
import { DeltaError } from '../error.ts';
import { rewrittenBytesMax } from '../limits.ts';
import { type BodyOrder, type BodyRanges, bodyOrder, rewriteCode, rewriteFunctions } from './code.ts';
import { rewriteData } from './data.ts';
import { rewriteElements } from './elements.ts';
import type { Maps } from './maps.ts';
import { namesOf, rewriteCustom } from './names.ts';
import { coreModuleOf } from './nesting.ts';
import { BoundedOutput } from './output.ts';
import { importedCount, type RewriteSource, typeCount } from './source.ts';
import { Transcript, Translation } from './translation.ts';

/** The old module in the numbering of the new one: a prediction of the new module, close to it but rarely valid. */
export interface RewrittenModule {
  /** From the start of a buffer of its own. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** By index of the new module's functions, imported ones included. */
  readonly bodies: BodyRanges;
}

/**
 * Rewrites a core module, or the largest one of a component, by maps; throws a DeltaError where the old file has none
 * or the result grows too large.
 */
export function rewriteModule(old: Uint8Array, maps: Maps): RewrittenModule {
  try {
    const nested = coreModuleOf(old);
    if (nested === undefined) throw new DeltaError('patch-corrupt', 'the old file has no core module');
    const out = new BoundedOutput(old.length + (old.length >> 4) + 1024, rewrittenBytesMax(old.length));
    const source = openSource(nested.binary, maps, out);
    const bodies = noBodies(maps.functions.length);
    rewriteAround(old, source, nested.around, 0, bodies);
    return { bytes: out.bytes.subarray(0, out.length), bodies };
  } catch (error) {
    if (error instanceof WasmError) throw new DeltaError('patch-corrupt', `the old file: ${error.message}`);
    throw error;
  }
}

function openSource(binary: Binary, maps: Maps, out: BoundedOutput): RewriteSource {
  const contents = readContents(binary, wasmLimits);
  const translation = new Translation(maps, {
    functions: importedCount(contents, 'function') + contents.functions.length,
    types: typeCount(contents),
    globals: importedCount(contents, 'global') + contents.globals.length,
  });
  const transcript = new Transcript(binary.bytes, translation, out);
  return { binary, contents, translation, transcript, limits: wasmLimits };
}

function noBodies(count: number): BodyRanges {
  return { starts: new Int32Array(count).fill(-1), ends: new Int32Array(count).fill(-1) };
}

// Copies what lies around the module at each level, the outermost first, and fixes the lengths on the way out.
function rewriteAround(
  old: Uint8Array,
  source: RewriteSource,
  around: readonly Section[],
  level: number,
  bodies: BodyRanges,
): void {
  const section = around[level];
  if (section === undefined) {
    rewriteSections(source, bodies);
    return;
  }
  const { out } = source.transcript;
  const enclosing = around[level - 1];
  out.copy(old, enclosing?.payload ?? 0, section.start + 1);
  const mark = out.open(section.sizeWidth);
  rewriteAround(old, source, around, level + 1, bodies);
  moveRanges(bodies, out.close(mark, section.sizeWidth));
  out.copy(old, section.end, enclosing?.end ?? old.length);
}

function rewriteSections(source: RewriteSource, bodies: BodyRanges): void {
  const { binary, transcript } = source;
  const { out } = transcript;
  const order = bodyOrder(source);
  const names = namesOf(source);
  out.copy(binary.bytes, 0, 8);
  for (const section of binary.sections) {
    out.copy(binary.bytes, section.start, section.start + 1);
    const mark = out.open(section.sizeWidth);
    rewriteSection(source, section, order, bodies, names);
    const moved = out.close(mark, section.sizeWidth);
    if (section.id === sectionId.code) moveRanges(bodies, moved);
  }
}

function moveRanges({ starts, ends }: BodyRanges, distance: number): void {
  if (distance === 0) return;
  for (let i = 0; i < starts.length; i++) {
    if (starts[i]! < 0) continue;
    starts[i]! += distance;
    ends[i]! += distance;
  }
}

// Sections whose entries stay in their order; only the numbers in them move.
const plainSections: Readonly<Record<number, (reader: ByteReader) => unknown>> = {
  [sectionId.import]: readImport,
  [sectionId.table]: readTable,
  [sectionId.tag]: readTag,
  [sectionId.global]: readGlobal,
  [sectionId.export]: readExport,
};

function rewriteSection(
  source: RewriteSource,
  section: Section,
  order: BodyOrder,
  bodies: BodyRanges,
  names: FunctionNames | undefined,
): void {
  switch (section.id) {
    case sectionId.type:
      rewriteTypes(source, section);
      break;
    case sectionId.function:
      rewriteFunctions(source, order);
      break;
    case sectionId.element:
      rewriteElements(source, section);
      break;
    case sectionId.code:
      rewriteCode(source, section, order, bodies);
      break;
    case sectionId.data:
      rewriteData(source, section);
      break;
    default: {
      const plain = plainSections[section.id];
      if (plain !== undefined) rewritePlain(source, section, plain);
      else rewriteCustom(source, section, names);
    }
  }
}

function rewritePlain(source: RewriteSource, section: Section, one: (reader: ByteReader) => unknown): void {
  const { binary, transcript, limits } = source;
  transcript.begin(section.payload);
  const reader = new ByteReader(binary.bytes, section.payload, section.end, limits, transcript);
  for (let left = reader.count(); left > 0; left--) one(reader);
  transcript.flush(section.end);
}

function rewriteTypes(source: RewriteSource, section: Section): void {
  const { binary, contents, translation, transcript, limits } = source;
  const { types } = contents;
  // Types of a group name each other by index: a module that has groups keeps its order.
  if (types.some(({ explicit }) => explicit)) {
    rewritePlain(source, section, readRecursiveGroup);
    return;
  }
  const isFirst = (old: number, fresh: number) => old >= 0 && old < types.length && translation.types[old] === fresh;
  const kept = translation.maps.types.filter(isFirst);
  const order = [...kept, ...types.keys().filter((old) => translation.types[old]! < 0)];
  transcript.out.unsigned(order.length, 1);
  for (const old of order) {
    const { start, end } = types[old]!;
    transcript.begin(start);
    readRecursiveGroup(new ByteReader(binary.bytes, start, end, limits, transcript));
    transcript.flush(end);
  }
}
