import { wasmLimits } from '../wasm/limits.ts';
import { type GlobalType, type Section, sectionId } from '../wasm/module.ts';
import { ByteReader } from '../wasm/read/bytes.ts';
import { readGlobal } from '../wasm/read/entries.ts';
import { readBinary } from '../wasm/read/module.ts';
import { ByteWriter } from '../wasm/write/bytes.ts';
import { writeImport } from '../wasm/write/entries.ts';
import { writeBinary } from '../wasm/write/module.ts';
import { writeGlobalType } from '../wasm/write/types.ts';
import { fuelContract } from './contract.ts';

const [i32, i64] = [0x7f, 0x7e];
const [i32Const, i64Const, end] = [0x41, 0x42, 0x0b];

/** The globals that a metered module counts down, as they stand in front of its own. */
const counters: readonly { readonly name: string; readonly type: GlobalType; readonly zero: number }[] = [
  { name: fuelContract.left, type: { type: { code: i64 }, mutable: true }, zero: i64Const },
  { name: fuelContract.stack, type: { type: { code: i32 }, mutable: true }, zero: i32Const },
];

/** How many there are. */
export const counterCount = counters.length;

/** Writes them as the first entries of a global section, with nothing in them. */
export function writeCounters(writer: ByteWriter): void {
  for (const { type, zero } of counters) {
    writeGlobalType(writer, type);
    writer.raw(Uint8Array.of(zero, 0, end));
  }
}

/**
 * The metered module with its counters imported, so that its instances pay from the meter of others. No index changes: ours
 * are the first of the globals that it defines, and become the last of those that it imports.
 */
export function shareCounters(metered: Uint8Array): Uint8Array {
  const binary = readBinary(metered, wasmLimits);
  const sections = binary.sections.map((section) => {
    if (section.id === sectionId.import) return { id: section.id, payload: withCounters(metered, section) };
    if (section.id === sectionId.global) return { id: section.id, payload: withoutCounters(metered, section) };
    return { id: section.id, payload: metered.subarray(section.payload, section.end) };
  });
  return writeBinary('module', sections);
}

/** The import section with the counters behind all else. */
function withCounters(metered: Uint8Array, section: Section): Uint8Array {
  const reader = new ByteReader(metered, section.payload, section.end, wasmLimits);
  const writer = new ByteWriter(section.end - section.payload + 64);
  writer.u32(reader.count() + counterCount);
  writer.raw(metered.subarray(reader.at, section.end));
  for (const { name, type } of counters) {
    writeImport(writer, { module: fuelContract.module, name, type: { kind: 'global', global: type } });
  }
  return writer.contents();
}

/** The global section without its first entries. */
function withoutCounters(metered: Uint8Array, section: Section): Uint8Array {
  const reader = new ByteReader(metered, section.payload, section.end, wasmLimits);
  const writer = new ByteWriter(section.end - section.payload);
  writer.u32(reader.count() - counterCount);
  for (let i = 0; i < counterCount; i++) readGlobal(reader);
  writer.raw(metered.subarray(reader.at, section.end));
  return writer.contents();
}
