import type {
  CompositeType,
  FieldType,
  GlobalType,
  Limits,
  RecursiveGroup,
  SubType,
  TableType,
  ValueType,
} from '../module.ts';
import type { ByteWriter } from './bytes.ts';

/** Writes a vector: its count, then the entries. */
export function writeVector<T>(
  writer: ByteWriter,
  items: readonly T[],
  one: (writer: ByteWriter, item: T) => void,
): void {
  writer.u32(items.length);
  for (const item of items) one(writer, item);
}

/** Writes one entry of the type section. */
export function writeRecursiveGroup(writer: ByteWriter, group: RecursiveGroup): void {
  if (!group.explicit) {
    writeSubType(writer, group.types[0]!);
    return;
  }
  writer.byte(0x4e);
  writeVector(writer, group.types, writeSubType);
}

function writeSubType(writer: ByteWriter, { form, supers, composite }: SubType): void {
  if (form !== 'short') {
    writer.byte(form === 'open' ? 0x50 : 0x4f);
    writeVector(writer, supers, (inner, index) => inner.u32(index));
  }
  writeComposite(writer, composite);
}

function writeComposite(writer: ByteWriter, composite: CompositeType): void {
  switch (composite.kind) {
    case 'function':
      writer.byte(0x60);
      writeVector(writer, composite.params, writeValueType);
      writeVector(writer, composite.results, writeValueType);
      break;
    case 'struct':
      writer.byte(0x5f);
      writeVector(writer, composite.fields, writeFieldType);
      break;
    case 'array':
      writer.byte(0x5e);
      writeFieldType(writer, composite.element);
      break;
    default:
      composite satisfies never;
  }
}

function writeFieldType(writer: ByteWriter, { type, mutable }: FieldType): void {
  writeValueType(writer, type);
  writer.byte(mutable ? 1 : 0);
}

/** Writes a value or storage type. */
export function writeValueType(writer: ByteWriter, { code, heap }: ValueType): void {
  writer.byte(code);
  if (heap !== undefined) writer.signed(heap);
}

/** Writes the limits of a table or memory. */
export function writeLimits(writer: ByteWriter, { flags, minimum, maximum, pageSizeLog2 }: Limits): void {
  writer.byte(flags);
  writer.u32(minimum);
  if (maximum !== undefined) writer.u32(maximum);
  if (pageSizeLog2 !== undefined) writer.u32(pageSizeLog2);
}

/** Writes the type of a table. */
export function writeTableType(writer: ByteWriter, { element, limits }: TableType): void {
  writeValueType(writer, element);
  writeLimits(writer, limits);
}

/** Writes the type of a global. */
export function writeGlobalType(writer: ByteWriter, { type, mutable }: GlobalType): void {
  writeValueType(writer, type);
  writer.byte(mutable ? 1 : 0);
}
