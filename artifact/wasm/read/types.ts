import { WasmError } from '../error.ts';
import { immediate } from '../immediates.ts';
import {
  type CompositeType,
  type FieldType,
  type GlobalType,
  type Limits,
  limitsFlag,
  type RecursiveGroup,
  type Span,
  type SubType,
  type TableType,
  type ValueType,
} from '../module.ts';
import type { ByteReader } from './bytes.ts';

/** An entry of a section with the bytes it was read from. */
export type Read<T> = T & Span;

/** Reads a vector: its count, then that many entries. */
export function readVector<T>(reader: ByteReader, one: (reader: ByteReader) => T): T[] {
  const items: T[] = [];
  for (let left = reader.count(); left > 0; left--) items.push(one(reader));
  return items;
}

/** Reads a section's vector to the last byte, each entry with where it was. */
export function readEntries<T extends object>(reader: ByteReader, one: (reader: ByteReader) => T): Read<T>[] {
  const entries = readVector(reader, (inner) => {
    const start = inner.at;
    const entry = one(inner);
    return { ...entry, start, end: inner.at };
  });
  reader.finish();
  return entries;
}

/** Reads one entry of the type section. */
export function readRecursiveGroup(reader: ByteReader): RecursiveGroup {
  if (reader.bytes[reader.at] !== 0x4e) return { explicit: false, types: [readSubType(reader)] };
  reader.byte();
  return { explicit: true, types: readVector(reader, readSubType) };
}

function readSubType(reader: ByteReader): SubType {
  const code = reader.bytes[reader.at];
  if (code !== 0x50 && code !== 0x4f) return { form: 'short', supers: [], composite: readComposite(reader) };
  reader.byte();
  const supers = readVector(reader, (inner) => inner.index(immediate.type));
  return { form: code === 0x50 ? 'open' : 'final', supers, composite: readComposite(reader) };
}

function readComposite(reader: ByteReader): CompositeType {
  const at = reader.at;
  const code = reader.byte();
  switch (code) {
    case 0x60: {
      const params = readVector(reader, readValueType);
      return { kind: 'function', params, results: readVector(reader, readValueType) };
    }
    case 0x5f:
      return { kind: 'struct', fields: readVector(reader, readFieldType) };
    case 0x5e:
      return { kind: 'array', element: readFieldType(reader) };
    default:
      throw new WasmError('bad-type', at, `unknown type form ${code}`);
  }
}

function readFieldType(reader: ByteReader): FieldType {
  const type = readValueType(reader);
  return { type, mutable: readMutability(reader) };
}

/** Reads a value or storage type. */
export function readValueType(reader: ByteReader): ValueType {
  const at = reader.at;
  const code = reader.byte();
  if (code === 0x63 || code === 0x64) return { code, heap: reader.heapType() };
  if (code < 0x69 || code > 0x7f) throw new WasmError('bad-type', at, `unknown value type ${code}`);
  return { code };
}

function readMutability(reader: ByteReader): boolean {
  const at = reader.at;
  const flag = reader.byte();
  if (flag > 1) throw new WasmError('bad-type', at, `mutability ${flag}`);
  return flag === 1;
}

/** Reads the limits of a table or memory. */
export function readLimits(reader: ByteReader): Limits {
  const at = reader.at;
  const flags = reader.byte();
  if (flags > 15) throw new WasmError('bad-type', at, `limits of form ${flags}`);
  const minimum = reader.u64();
  return {
    flags,
    minimum,
    ...(flags & limitsFlag.maximum ? { maximum: reader.u64() } : {}),
    ...(flags & limitsFlag.pageSize ? { pageSizeLog2: reader.u32() } : {}),
  };
}

/** Reads the type of a table. */
export function readTableType(reader: ByteReader): TableType {
  const element = readValueType(reader);
  return { element, limits: readLimits(reader) };
}

/** Reads the type of a global. */
export function readGlobalType(reader: ByteReader): GlobalType {
  const type = readValueType(reader);
  return { type, mutable: readMutability(reader) };
}
