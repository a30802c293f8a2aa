import type { DataSegment, ElementSegment, Span } from '../module.ts';
import type { ByteWriter } from './bytes.ts';
import { writeValueType, writeVector } from './types.ts';

/** Writes one element segment; `source` holds the bytes that spans point into. */
export function writeElementSegment(writer: ByteWriter, segment: ElementSegment, source: Uint8Array): void {
  const raw = (_: ByteWriter, { start, end }: Span) => writer.raw(source.subarray(start, end));
  writer.u32(segment.flags);
  if (segment.table !== undefined) writer.u32(segment.table);
  if (segment.offset !== undefined) raw(writer, segment.offset);
  if (segment.elementKind !== undefined) writer.byte(segment.elementKind);
  if (segment.type !== undefined) writeValueType(writer, segment.type);
  if (segment.functions !== undefined) writeVector(writer, segment.functions, (inner, index) => inner.u32(index));
  if (segment.expressions !== undefined) writeVector(writer, segment.expressions, raw);
}

/** Writes one data segment; `source` holds the bytes that spans point into. */
export function writeDataSegment(writer: ByteWriter, segment: DataSegment, source: Uint8Array): void {
  writer.u32(segment.flags);
  if (segment.memory !== undefined) writer.u32(segment.memory);
  if (segment.offset !== undefined) writer.raw(source.subarray(segment.offset.start, segment.offset.end));
  writer.u32(segment.contents.end - segment.contents.start);
  writer.raw(source.subarray(segment.contents.start, segment.contents.end));
}
