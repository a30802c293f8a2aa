import { immediate } from '../../wasm/immediates.ts';
import type { ElementSegment, Section } from '../../wasm/module.ts';
import { ByteReader } from '../../wasm/read/bytes.ts';
import { readElementSegment } from '../../wasm/read/segments.ts';
import type { Read } from '../../wasm/read/types.ts';
import { constantOf } from './addresses.ts';
import { shifted } from './maps.ts';
import type { RewriteSource } from './source.ts';

/** Writes the element section: functions translated, and in the order in which the table is expected to hold them. */
export function rewriteElements(source: RewriteSource, section: Section): void {
  const { binary, contents, translation, transcript, limits } = source;
  if (translation.maps.slots.starts.length > 0) {
    transcript.out.unsigned(contents.elements.length, 1);
    for (const segment of contents.elements) rewriteSegment(source, segment);
    return;
  }
  transcript.begin(section.payload);
  const reader = new ByteReader(binary.bytes, section.payload, section.end, limits, transcript);
  for (let left = reader.count(); left > 0; left--) readElementSegment(reader);
  transcript.flush(section.end);
}

function rewriteSegment(
  { binary, translation, transcript, limits }: RewriteSource,
  segment: Read<ElementSegment>,
): void {
  const base = segment.offset === undefined ? -1 : constantOf(binary, segment.offset, limits);
  const { functions } = segment;
  transcript.begin(segment.start);
  if (functions === undefined || base < 0) {
    readElementSegment(new ByteReader(binary.bytes, segment.start, segment.end, limits, transcript));
    transcript.flush(segment.end);
    return;
  }
  const header = segment.offset!.end + (segment.elementKind === undefined ? 0 : 1);
  transcript.flush(header);
  const slots = Float64Array.from(functions, (_, i) => shifted(translation.maps.slots, base + i));
  const order = Array.from(functions, (_, i) => i).sort((a, b) => slots[a]! - slots[b]! || a - b);
  transcript.out.unsigned(functions.length, 1);
  for (const i of order) transcript.out.unsigned(translation.translate(immediate.func, functions[i]!), 1);
}
