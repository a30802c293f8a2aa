import { wasmLimits } from './limits.ts';
import { type Binary, type Export, sectionId } from './module.ts';
import { ByteReader } from './read/bytes.ts';
import { sectionOf } from './read/module.ts';
import { ByteWriter } from './write/bytes.ts';
import { writeExport } from './write/entries.ts';
import { writeBinary } from './write/module.ts';

/** The module with more of what it has exported, all else byte for byte; undefined where it exports nothing so far. */
export function exportMore(binary: Binary, more: readonly Export[]): Uint8Array | undefined {
  const section = sectionOf(binary, sectionId.export);
  if (section === undefined) return undefined;
  const reader = new ByteReader(binary.bytes, section.payload, section.end, wasmLimits);
  const writer = new ByteWriter(section.end - section.payload + 32);
  writer.u32(reader.count() + more.length);
  writer.raw(binary.bytes.subarray(reader.at, section.end));
  for (const one of more) writeExport(writer, one);
  return writeBinary(
    'module',
    binary.sections.map((one) => ({
      id: one.id,
      payload: one === section ? writer.contents() : binary.bytes.subarray(one.payload, one.end),
    })),
  );
}
