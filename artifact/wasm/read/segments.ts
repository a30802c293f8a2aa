import { WasmError } from '../error.ts';
import { immediate } from '../immediates.ts';
import type { DataSegment, ElementSegment } from '../module.ts';
import type { ByteReader } from './bytes.ts';
import { readExpression } from './entries.ts';
import { readValueType, readVector } from './types.ts';

/** Reads one element segment. */
export function readElementSegment(reader: ByteReader): ElementSegment {
  const at = reader.at;
  const flags = reader.u32();
  if (flags > 7) throw new WasmError('bad-kind', at, `unknown element segment ${flags}`);
  const active = (flags & 1) === 0;
  const explicit = (flags & 3) !== 0;
  const table = active && flags & 2 ? { table: reader.index(immediate.table) } : {};
  const offset = active ? { offset: readExpression(reader) } : {};
  if (flags & 4) {
    const type = explicit ? { type: readValueType(reader) } : {};
    return { flags, ...table, ...offset, ...type, expressions: readVector(reader, readExpression) };
  }
  const elementKind = explicit ? { elementKind: readElementKind(reader) } : {};
  const functions = readVector(reader, (inner) => inner.index(immediate.func));
  return { flags, ...table, ...offset, ...elementKind, functions };
}

function readElementKind(reader: ByteReader): number {
  const at = reader.at;
  const kind = reader.byte();
  if (kind !== 0) throw new WasmError('bad-kind', at, `unknown kind of element ${kind}`);
  return kind;
}

/** Reads one data segment. */
export function readDataSegment(reader: ByteReader): DataSegment {
  const at = reader.at;
  const flags = reader.u32();
  if (flags > 2) throw new WasmError('bad-kind', at, `unknown data segment ${flags}`);
  const memory = flags === 2 ? { memory: reader.index(immediate.memory) } : {};
  const offset = flags === 1 ? {} : { offset: readExpression(reader) };
  const length = reader.u32();
  const start = reader.skip(length);
  return { flags, ...memory, ...offset, contents: { start, end: reader.at } };
}
