import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { type Span, sectionId } from '../../../artifact/wasm/module.ts';
import type { ModuleContents } from '../../../artifact/wasm/read/contents.ts';
import { readBinary } from '../../../artifact/wasm/read/module.ts';
import { ByteWriter } from '../../../artifact/wasm/write/bytes.ts';
import { writeBinary } from '../../../artifact/wasm/write/module.ts';
import { writeVector } from '../../../artifact/wasm/write/types.ts';

/** The module with these bodies and so many counters behind its globals, after a sum of lengths and a place for one; all are exported. */
export function assemble(
  source: Uint8Array,
  contents: ModuleContents,
  bodies: readonly Uint8Array[],
  counters: number,
): Uint8Array {
  const binary = readBinary(source, wasmLimits);
  const first = contents.imports.filter(({ type }) => type.kind === 'global').length + contents.globals.length;
  const added = Array.from({ length: counters + 2 }, (_, i) => first + i);
  const payloads = new Map<number, Uint8Array>();
  for (const { id, payload, end } of binary.sections) if (id !== 0) payloads.set(id, source.subarray(payload, end));
  const put = (id: number, write: (writer: ByteWriter) => void): void => {
    const writer = new ByteWriter();
    write(writer);
    payloads.set(id, writer.contents());
  };
  const spans = (writer: ByteWriter, all: readonly Span[]): void => {
    for (const { start, end } of all) writer.raw(source.subarray(start, end));
  };
  put(sectionId.global, (writer) => {
    writer.u32(contents.globals.length + added.length);
    spans(writer, contents.globals);
    for (const index of added)
      writer.raw(index === first + 1 ? Uint8Array.of(0x7f, 1, 0x41, 0, 0x0b) : Uint8Array.of(0x7e, 1, 0x42, 0, 0x0b));
  });
  put(sectionId.export, (writer) => {
    writer.u32(contents.exports.length + added.length);
    spans(writer, contents.exports);
    for (const index of added) {
      writer.name(`count ${index}`);
      writer.byte(3);
      writer.u32(index);
    }
  });
  put(sectionId.code, (writer) =>
    writeVector(writer, bodies, (inner, body) => {
      inner.u32(body.length);
      inner.raw(body);
    }),
  );
  const order = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];
  return writeBinary(
    'module',
    order.flatMap((id) => (payloads.has(id) ? [{ id, payload: payloads.get(id)! }] : [])),
  );
}
