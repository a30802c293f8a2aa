import { WasmError } from './error.ts';
import { type WasmLimits, wasmLimits } from './limits.ts';
import { type Binary, componentSectionId, type Limits, type Section, sectionId } from './module.ts';
import { ByteReader } from './read/bytes.ts';
import { readExport, readImport } from './read/entries.ts';
import { customSectionName, readBinary, sectionOf } from './read/module.ts';
import { readEntries, readLimits } from './read/types.ts';

/** What a Wasm file shows to its host. */
export interface ModuleDescription {
  readonly kind: 'module' | 'component';
  readonly bytes: number;
  readonly imports: readonly { readonly module: string; readonly name: string; readonly kind: string }[];
  readonly exports: readonly { readonly name: string; readonly kind: string }[];
  /** Sizes in pages of 64 KiB; imported memories too. */
  readonly memories: readonly {
    readonly minimum: number;
    readonly maximum?: number;
    readonly shared: boolean;
    readonly imported: boolean;
  }[];
  readonly functions: number;
  readonly customSections: readonly { readonly name: string; readonly bytes: number }[];
}

/** Describes a core module or component; throws a WasmError when the bytes are neither. */
export function describeModule(bytes: Uint8Array, limits: WasmLimits = wasmLimits): ModuleDescription {
  const binary = readBinary(bytes, limits);
  const surface = binary.kind === 'module' ? describeCore(binary, limits) : describeComponent(binary, limits);
  const customSections = binary.sections
    .filter(({ id }) => id === sectionId.custom)
    .map((section) => ({ name: customSectionName(binary, section, limits), bytes: section.end - section.start }));
  return { kind: binary.kind, bytes: bytes.length, ...surface, customSections };
}

type Surface = Pick<ModuleDescription, 'imports' | 'exports' | 'memories' | 'functions'>;

function describeCore(binary: Binary, limits: WasmLimits): Surface {
  const entries = <T extends object>(id: number, one: (reader: ByteReader) => T): T[] => {
    const section = sectionOf(binary, id);
    return section === undefined ? [] : readEntries(readerOf(binary, section, limits), one);
  };
  const imports = entries(sectionId.import, readImport);
  const imported = imports.flatMap(({ type }) => (type.kind === 'memory' ? [pages(type.limits, true)] : []));
  const own = entries(sectionId.memory, readLimits).map((memory) => pages(memory, false));
  return {
    imports: imports.map(({ module, name, type }) => ({ module, name, kind: type.kind })),
    exports: entries(sectionId.export, readExport).map(({ name, kind }) => ({ name, kind })),
    memories: [...imported, ...own],
    functions: countOf(binary, sectionId.function, limits),
  };
}

function pages({ flags, minimum, maximum }: Limits, imported: boolean): ModuleDescription['memories'][number] {
  return { minimum, ...(maximum === undefined ? {} : { maximum }), shared: (flags & 2) !== 0, imported };
}

function countOf(binary: Binary, id: number, limits: WasmLimits): number {
  const section = sectionOf(binary, id);
  return section === undefined ? 0 : readerOf(binary, section, limits).count();
}

function readerOf({ bytes }: Binary, section: Section, limits: WasmLimits): ByteReader {
  return new ByteReader(bytes, section.payload, section.end, limits);
}

const componentSorts = ['core', 'function', 'value', 'type', 'component', 'instance'] as const;

function describeComponent(binary: Binary, limits: WasmLimits): Surface {
  const imports: { module: string; name: string; kind: string }[] = [];
  const exports: { name: string; kind: string }[] = [];
  for (const section of binary.sections) {
    const reader = readerOf(binary, section, limits);
    if (section.id === componentSectionId.import) {
      for (let left = reader.count(); left > 0; left--) imports.push({ module: '', ...readComponentImport(reader) });
    } else if (section.id === componentSectionId.export) {
      for (let left = reader.count(); left > 0; left--) exports.push(readComponentExport(reader));
    }
  }
  return { imports, exports, memories: [], functions: 0 };
}

function readComponentImport(reader: ByteReader): { name: string; kind: string } {
  const name = readExternName(reader);
  return { name, kind: readExternDescription(reader) };
}

function readComponentExport(reader: ByteReader): { name: string; kind: string } {
  const name = readExternName(reader);
  const at = reader.at;
  const sort = reader.byte();
  const kind = componentSorts[sort];
  if (kind === undefined) throw new WasmError('bad-kind', at, `unknown sort ${sort}`);
  if (sort === 0) reader.byte();
  reader.u32();
  if (reader.byte() === 1) readExternDescription(reader);
  return { name, kind };
}

function readExternName(reader: ByteReader): string {
  const at = reader.at;
  const form = reader.byte();
  if (form > 2) throw new WasmError('bad-name', at, `unknown form of name ${form}`);
  const name = reader.name();
  if (form === 2) reader.name();
  return name;
}

// An extern description: what it is by the number of its sort, then a type; values and types may be bound by equality.
function readExternDescription(reader: ByteReader): string {
  const at = reader.at;
  const code = reader.byte();
  const kind = ['core', 'function', 'value', 'type', 'component', 'instance'][code];
  if (kind === undefined) throw new WasmError('bad-kind', at, `unknown description ${code}`);
  if (code === 0) reader.byte();
  if (code === 3) {
    if (reader.byte() === 0) reader.u32();
  } else if (code === 2) {
    if (reader.byte() === 0) reader.u32();
    else skipComponentValueType(reader);
  } else {
    reader.u32();
  }
  return kind;
}

function skipComponentValueType(reader: ByteReader): void {
  const primitive = reader.bytes[reader.at];
  if (primitive !== undefined && primitive >= 0x64 && primitive < 0x80) reader.byte();
  else reader.u32();
}
