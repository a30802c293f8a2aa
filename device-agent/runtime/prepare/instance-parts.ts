import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { type Binary, sectionId } from '../../../artifact/wasm/module.ts';
import type { ByteReader } from '../../../artifact/wasm/read/bytes.ts';
import { readExport, readTable } from '../../../artifact/wasm/read/entries.ts';
import { entriesOf, readBinary } from '../../../artifact/wasm/read/module.ts';
import { readDataSegment, readElementSegment } from '../../../artifact/wasm/read/segments.ts';

/** What each instance of a module is given while it is made: in one go, and before any fuel is counted. */
export interface InstanceParts {
  readonly exports: number;
  /** What tables start with, and what segments put there. */
  readonly elements: number;
  /** What segments put into memories. */
  readonly dataBytes: number;
}

/** Counts what an instance of the module is given. */
export function instancePartsOf(bytes: Uint8Array): InstanceParts {
  const binary = readBinary(bytes, wasmLimits);
  const tables = sumOf(binary, sectionId.table, readTable, ({ type }) => type.limits.minimum);
  const elements = sumOf(binary, sectionId.element, readElementSegment, ({ offset, functions, expressions = [] }) =>
    offset === undefined ? 0 : (functions ?? expressions).length,
  );
  return {
    exports: sumOf(binary, sectionId.export, readExport, () => 1),
    elements: tables + elements,
    dataBytes: sumOf(binary, sectionId.data, readDataSegment, ({ offset, contents }) =>
      offset === undefined ? 0 : contents.end - contents.start,
    ),
  };
}

function sumOf<T extends object>(
  binary: Binary,
  id: number,
  read: (reader: ByteReader) => T,
  count: (one: T) => number,
): number {
  return entriesOf(binary, id, read, wasmLimits).reduce((sum, one) => sum + count(one), 0);
}

/** About what one of each takes, in microseconds, as measured on V8 14 of a desktop processor. */
const microseconds = { export: 4, element: 0.2, dataByte: 0.005 };

/** About how long it takes to make an instance, besides mapping its memory. */
export function instanceMicroseconds({ exports, elements, dataBytes }: InstanceParts): number {
  return exports * microseconds.export + elements * microseconds.element + dataBytes * microseconds.dataByte;
}
