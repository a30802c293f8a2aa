import { type Export, type ExternType, externKinds, type Global, type Import, type Table } from '../module.ts';
import type { ByteWriter } from './bytes.ts';
import { writeGlobalType, writeLimits, writeTableType } from './types.ts';

/** Writes one import. */
export function writeImport(writer: ByteWriter, { module, name, type }: Import): void {
  writer.name(module);
  writer.name(name);
  writer.byte(externKinds.indexOf(type.kind));
  writeExternType(writer, type);
}

function writeExternType(writer: ByteWriter, extern: ExternType): void {
  switch (extern.kind) {
    case 'function':
      writer.u32(extern.type);
      break;
    case 'table':
      writeTableType(writer, extern.table);
      break;
    case 'memory':
      writeLimits(writer, extern.limits);
      break;
    case 'global':
      writeGlobalType(writer, extern.global);
      break;
    case 'tag':
      writeTag(writer, extern);
      break;
    default: {
      extern satisfies never;
    }
  }
}

/** Writes one export. */
export function writeExport(writer: ByteWriter, { name, kind, index }: Export): void {
  writer.name(name);
  writer.byte(externKinds.indexOf(kind));
  writer.u32(index);
}

/** Writes one entry of the table section; `source` holds the bytes that spans point into. */
export function writeTable(writer: ByteWriter, { type, init }: Table, source: Uint8Array): void {
  if (init !== undefined) writer.raw(Uint8Array.of(0x40, 0));
  writeTableType(writer, type);
  if (init !== undefined) writer.raw(source.subarray(init.start, init.end));
}

/** Writes one entry of the global section; `source` holds the bytes that spans point into. */
export function writeGlobal(writer: ByteWriter, { type, init }: Global, source: Uint8Array): void {
  writeGlobalType(writer, type);
  writer.raw(source.subarray(init.start, init.end));
}

/** Writes one entry of the tag section. */
export function writeTag(writer: ByteWriter, { type }: { readonly type: number }): void {
  writer.byte(0);
  writer.u32(type);
}
