import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { type Binary, limitsFlag, type Section, sectionId } from '../../../artifact/wasm/module.ts';
import { ByteReader } from '../../../artifact/wasm/read/bytes.ts';
import { readBinary, sectionOf } from '../../../artifact/wasm/read/module.ts';
import { ByteWriter } from '../../../artifact/wasm/write/bytes.ts';
import { writeBinary } from '../../../artifact/wasm/write/module.ts';
import { importedShape, memoryImport } from '../wasi/imported-memory.ts';

const memoryKind = 2;
/** Limits of a 32-bit memory of one program with a maximum. */
const plainFlags = limitsFlag.maximum;

/**
 * The module with its one memory taken from outside instead of made with each instance, so that a host can give it one that
 * is mapped already; the same bytes where it has none, several, or one that is shared or 64-bit.
 */
export function takeMemoryFromOutside(bytes: Uint8Array): Uint8Array {
  const binary = readBinary(bytes, wasmLimits);
  const limits = plainMemory(bytes, binary);
  if (limits === undefined) return bytes;
  const imported = sectionOf(binary, sectionId.import);
  if (imported === undefined) return bytes;
  const sections = binary.sections.filter(({ id }) => id !== sectionId.memory);
  return writeBinary(
    'module',
    sections.map((section) => ({
      id: section.id,
      payload: section === imported ? withMemory(bytes, section, limits) : bytes.subarray(section.payload, section.end),
    })),
  );
}

/** The limits of a module's only memory as their bytes. */
function plainMemory(bytes: Uint8Array, binary: Binary): Uint8Array | undefined {
  const section = sectionOf(binary, sectionId.memory);
  if (section === undefined || importedShape(bytes) !== undefined) return undefined;
  const reader = new ByteReader(bytes, section.payload, section.end, wasmLimits);
  const limits = reader.count() === 1 ? bytes.subarray(reader.at, section.end) : undefined;
  return limits?.[0] === plainFlags ? limits : undefined;
}

/** The import section with the memory behind all else: the indices of functions and globals stay. */
function withMemory(bytes: Uint8Array, section: Section, limits: Uint8Array): Uint8Array {
  const reader = new ByteReader(bytes, section.payload, section.end, wasmLimits);
  const writer = new ByteWriter(section.end - section.payload + 32);
  writer.u32(reader.count() + 1);
  writer.raw(bytes.subarray(reader.at, section.end));
  writer.name(memoryImport.module);
  writer.name(memoryImport.name);
  writer.byte(memoryKind);
  writer.raw(limits);
  return writer.contents();
}
