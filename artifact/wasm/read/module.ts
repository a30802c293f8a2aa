import { WasmError } from '../error.ts';
import type { WasmLimits } from '../limits.ts';
import { type Binary, type Section, sectionId } from '../module.ts';
import { ByteReader, type FieldSink } from './bytes.ts';
import { type Read, readEntries } from './types.ts';

// Where each section stands in a module: tags come before globals, the data count before the code.
const { type, import: imports, function: functions, table, memory, tag, global, start, element, code } = sectionId;
const order = [
  type,
  imports,
  functions,
  table,
  memory,
  tag,
  global,
  sectionId.export,
  start,
  element,
  sectionId.dataCount,
  code,
  sectionId.data,
];
const rankOfSection: readonly number[] = Array.from({ length: order.length + 1 }, (_, id) =>
  order.indexOf(id as never),
);

/** Cuts a core module or component into its sections, without looking into them. */
export function readBinary(bytes: Uint8Array, limits: WasmLimits): Binary {
  if (bytes.length > limits.moduleBytesMax) throw new WasmError('too-large', 0, `module of ${bytes.length} bytes`);
  const kind = readPreamble(bytes);
  const reader = new ByteReader(bytes, 8, bytes.length, limits);
  const sections: Section[] = [];
  let rank = -1;
  while (reader.at < reader.end) {
    const section = readSection(reader, kind);
    if (kind === 'module' && section.id !== sectionId.custom) {
      const next = rankOfSection[section.id]!;
      if (next <= rank) throw new WasmError('section-order', section.start, `section ${section.id} is out of order`);
      rank = next;
    }
    sections.push(section);
    if (sections.length > limits.sectionsMax) throw new WasmError('too-large', section.start, 'too many sections');
  }
  return { kind, bytes, sections };
}

function readPreamble(bytes: Uint8Array): Binary['kind'] {
  const magic = [0x00, 0x61, 0x73, 0x6d];
  const wrong = magic.findIndex((byte, at) => bytes[at] !== byte);
  if (wrong >= 0) throw new WasmError('not-wasm', wrong, 'no Wasm binary');
  if (bytes.length < 8) throw new WasmError('truncated', bytes.length, 'version is missing');
  const version = bytes[4]! | (bytes[5]! << 8);
  const layer = bytes[6]! | (bytes[7]! << 8);
  if (version === 1 && layer === 0) return 'module';
  if (version === 13 && layer === 1) return 'component';
  throw new WasmError('unsupported-version', 4, `version ${version} of layer ${layer}`);
}

function readSection(reader: ByteReader, kind: Binary['kind']): Section {
  const start = reader.at;
  const id = reader.byte();
  const known = kind === 'module' ? id <= sectionId.tag : id <= 12;
  if (!known) throw new WasmError('bad-section', start, `unknown section ${id}`);
  const length = reader.u32();
  const sizeWidth = reader.at - start - 1;
  const payload = reader.skip(length);
  return { id, start, payload, end: reader.at, sizeWidth };
}

/** The section with this number, which a core module has at most once. */
export function sectionOf(binary: Binary, id: number): Section | undefined {
  return binary.sections.find((section) => section.id === id);
}

/** The entries of that section, each with where it was read from; none where there is no such section. */
export function entriesOf<T extends object>(
  binary: Binary,
  id: number,
  one: (reader: ByteReader) => T,
  limits: WasmLimits,
  sink?: FieldSink,
): Read<T>[] {
  const section = sectionOf(binary, id);
  if (section === undefined) return [];
  return readEntries(new ByteReader(binary.bytes, section.payload, section.end, limits, sink), one);
}

/** The name of a custom section. */
export function customSectionName(binary: Binary, section: Section, limits: WasmLimits): string {
  return new ByteReader(binary.bytes, section.payload, section.end, limits).name();
}
