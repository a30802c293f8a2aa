import { WasmError } from '../error.ts';
import { type ImmediateKind, immediate } from '../immediates.ts';
import {
  type Export,
  type ExternType,
  externKinds,
  type Global,
  type Import,
  type Span,
  type Table,
} from '../module.ts';
import type { ByteReader } from './bytes.ts';
import { readGlobalType, readLimits, readTableType } from './types.ts';

/** Reads one import. */
export function readImport(reader: ByteReader): Import {
  const module = reader.name();
  const name = reader.name();
  return { module, name, type: readExternType(reader) };
}

function readExternType(reader: ByteReader): ExternType {
  const at = reader.at;
  const kind = reader.byte();
  switch (kind) {
    case 0:
      return { kind: 'function', type: reader.index(immediate.type) };
    case 1:
      return { kind: 'table', table: readTableType(reader) };
    case 2:
      return { kind: 'memory', limits: readLimits(reader) };
    case 3:
      return { kind: 'global', global: readGlobalType(reader) };
    case 4:
      return { kind: 'tag', type: readTag(reader).type };
    default:
      throw new WasmError('bad-kind', at, `unknown kind of import ${kind}`);
  }
}

const exportSpaces: readonly ImmediateKind[] = [
  immediate.func,
  immediate.table,
  immediate.memory,
  immediate.global,
  immediate.tag,
];

/** Reads one export. */
export function readExport(reader: ByteReader): Export {
  const name = reader.name();
  const at = reader.at;
  const code = reader.byte();
  const kind = externKinds[code];
  if (kind === undefined) throw new WasmError('bad-kind', at, `unknown kind of export ${code}`);
  return { name, kind, index: reader.index(exportSpaces[code]!) };
}

/** Reads one entry of the table section. */
export function readTable(reader: ByteReader): Table {
  if (reader.bytes[reader.at] !== 0x40) return { type: readTableType(reader) };
  const at = reader.skip(2);
  if (reader.bytes[at + 1] !== 0) throw new WasmError('bad-type', at + 1, 'unknown form of table');
  const type = readTableType(reader);
  return { type, init: readExpression(reader) };
}

/** Reads one entry of the global section. */
export function readGlobal(reader: ByteReader): Global {
  const type = readGlobalType(reader);
  return { type, init: readExpression(reader) };
}

/** Reads one entry of the tag section: an attribute, always zero, and a type. */
export function readTag(reader: ByteReader): { readonly type: number } {
  const at = reader.at;
  if (reader.byte() !== 0) throw new WasmError('bad-kind', at, 'unknown kind of tag');
  return { type: reader.index(immediate.type) };
}

/** Reads a constant expression; only where it stands is kept. */
export function readExpression(reader: ByteReader): Span {
  const start = reader.expression();
  return { start, end: reader.at };
}
