import { WasmError } from '../error.ts';
import { immediate } from '../immediates.ts';
import type { WasmLimits } from '../limits.ts';
import { type Binary, type Section, type Span, sectionId } from '../module.ts';
import { ByteReader } from './bytes.ts';
import { customSectionName } from './module.ts';

/** A function's name, as the name section gives it; the span holds its index, length and text. */
export interface FunctionName extends Span {
  readonly index: number;
  readonly name: string;
}

/** Where the names of functions stand in the name section. */
export interface FunctionNames extends Span {
  readonly section: Section;
  readonly entries: readonly FunctionName[];
}

const functionNamesId = 1;

/**
 * Finds the names of functions; undefined where there are none. The span begins at the size of their subsection. The
 * section is advice: one that does not read well is no error.
 */
export function readFunctionNames(binary: Binary, limits: WasmLimits): FunctionNames | undefined {
  try {
    const section = binary.sections.findLast((custom) => isNameSection(binary, custom, limits));
    return section === undefined ? undefined : namesIn(binary, section, limits);
  } catch (error) {
    if (error instanceof WasmError) return undefined;
    throw error;
  }
}

function isNameSection(binary: Binary, section: Section, limits: WasmLimits): boolean {
  return section.id === sectionId.custom && customSectionName(binary, section, limits) === 'name';
}

function namesIn(binary: Binary, section: Section, limits: WasmLimits): FunctionNames | undefined {
  const reader = new ByteReader(binary.bytes, section.payload, section.end, limits);
  reader.name();
  while (reader.at < reader.end) {
    const id = reader.byte();
    const start = reader.at;
    const length = reader.u32();
    const end = reader.skip(length) + length;
    if (id !== functionNamesId) continue;
    const entries = readNameMap(new ByteReader(binary.bytes, end - length, end, limits));
    return { section, start, end, entries };
  }
  return undefined;
}

function readNameMap(reader: ByteReader): FunctionName[] {
  const entries: FunctionName[] = [];
  for (let left = reader.count(); left > 0; left--) {
    const start = reader.at;
    const index = reader.index(immediate.func);
    const name = reader.name();
    entries.push({ index, name, start, end: reader.at });
  }
  reader.finish();
  return entries;
}
