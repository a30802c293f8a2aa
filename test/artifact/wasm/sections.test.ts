import test from 'ava';
import fc from 'fast-check';
import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { ByteReader } from '../../../artifact/wasm/read/bytes.ts';
import { readFunctionBody, readLocals } from '../../../artifact/wasm/read/code.ts';
import { readExport, readGlobal, readImport, readTable } from '../../../artifact/wasm/read/entries.ts';
import { readDataSegment, readElementSegment } from '../../../artifact/wasm/read/segments.ts';
import { readRecursiveGroup } from '../../../artifact/wasm/read/types.ts';
import { ByteWriter } from '../../../artifact/wasm/write/bytes.ts';
import { writeFunctionBody, writeLocals } from '../../../artifact/wasm/write/code.ts';
import { writeExport, writeGlobal, writeImport, writeTable } from '../../../artifact/wasm/write/entries.ts';
import { writeDataSegment, writeElementSegment } from '../../../artifact/wasm/write/segments.ts';
import { writeRecursiveGroup } from '../../../artifact/wasm/write/types.ts';

// Spans of entries point into this: `i32.const 5; end`, then two plain bytes.
const source = Uint8Array.of(0x41, 5, 0x0b, 0xaa, 0xbb);
const expression = fc.constant({ start: 0, end: 3 });
const index = fc.oneof(fc.nat(200), fc.nat(0xffffff));
const heap = fc.oneof(fc.integer({ min: -0x17, max: -0x0c }), index);
const valueType = fc.oneof(
  fc.constantFrom(0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f, 0x69).map((code) => ({ code })),
  fc.record({ code: fc.constantFrom(0x63, 0x64), heap }),
);
const fieldType = fc.record({ type: valueType, mutable: fc.boolean() });
const composite = fc.oneof(
  fc.record({ kind: fc.constant('function' as const), params: fc.array(valueType), results: fc.array(valueType) }),
  fc.record({ kind: fc.constant('struct' as const), fields: fc.array(fieldType) }),
  fc.record({ kind: fc.constant('array' as const), element: fieldType }),
);
const subType = fc.oneof(
  fc.record({ form: fc.constant('short' as const), supers: fc.constant([]), composite }),
  fc.record({ form: fc.constantFrom('open' as const, 'final' as const), supers: fc.array(index), composite }),
);
const group = fc.oneof(
  fc.record({ explicit: fc.constant(false), types: fc.tuple(subType) }),
  fc.record({ explicit: fc.constant(true), types: fc.array(subType) }),
);
const size = fc.oneof(fc.nat(100), fc.nat(2 ** 40));
const limits = fc.oneof(
  fc.record({ flags: fc.constantFrom(0, 4), minimum: size }),
  fc.record({ flags: fc.constantFrom(1, 3, 5, 7), minimum: size, maximum: size }),
);
const tableType = fc.record({ element: valueType, limits });
const globalType = fc.record({ type: valueType, mutable: fc.boolean() });
const extern = fc.oneof(
  fc.record({ kind: fc.constant('function' as const), type: index }),
  fc.record({ kind: fc.constant('table' as const), table: tableType }),
  fc.record({ kind: fc.constant('memory' as const), limits }),
  fc.record({ kind: fc.constant('global' as const), global: globalType }),
  fc.record({ kind: fc.constant('tag' as const), type: index }),
);
const name = fc.string({ unit: 'grapheme', maxLength: 40 });
const functions = fc.array(index);
const expressions = fc.array(expression);
const element = fc.oneof(
  fc.record({ flags: fc.constant(0), offset: expression, functions }),
  fc.record({ flags: fc.constantFrom(1, 3), elementKind: fc.constant(0), functions }),
  fc.record({ flags: fc.constant(2), table: index, offset: expression, elementKind: fc.constant(0), functions }),
  fc.record({ flags: fc.constant(4), offset: expression, expressions }),
  fc.record({ flags: fc.constantFrom(5, 7), type: valueType, expressions }),
  fc.record({ flags: fc.constant(6), table: index, offset: expression, type: valueType, expressions }),
);
const contents = fc.constantFrom({ start: 3, end: 5 }, { start: 4, end: 4 });
const data = fc.oneof(
  fc.record({ flags: fc.constant(0), offset: expression, contents }),
  fc.record({ flags: fc.constant(1), contents }),
  fc.record({ flags: fc.constant(2), memory: index, offset: expression, contents }),
);

type Write<T> = (writer: ByteWriter, entry: T, source: Uint8Array) => void;

// Written, read, and written again from what was read: equal bytes and, where no span is involved, equal entries.
function survives<T extends object>(one: (reader: ByteReader) => T, write: Write<T>, hasSpans = false) {
  return (entry: T): boolean => {
    const first = new ByteWriter();
    write(first, entry, source);
    const bytes = first.contents().slice();
    const reader = new ByteReader(bytes, 0, bytes.length, wasmLimits);
    const again = one(reader);
    reader.finish();
    const second = new ByteWriter();
    write(second, again, bytes);
    const equalBytes = Buffer.compare(second.contents(), bytes) === 0;
    return equalBytes && (hasSpans || JSON.stringify(sorted(again)) === JSON.stringify(sorted(entry)));
  };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

const holds = <T>(what: string, arbitrary: fc.Arbitrary<T>, property: (entry: T) => boolean): void => {
  test(`${what} written, read and written again are the same bytes`, (t) => {
    fc.assert(fc.property(arbitrary, property), { numRuns: 300 });
    t.pass();
  });
};

holds('types', group, survives(readRecursiveGroup, writeRecursiveGroup));
holds('imports', fc.record({ module: name, name, type: extern }), survives(readImport, writeImport));
const kinds = fc.constantFrom(
  'function' as const,
  'table' as const,
  'memory' as const,
  'global' as const,
  'tag' as const,
);
holds('exports', fc.record({ name, kind: kinds, index }), survives(readExport, writeExport));
const table = fc.oneof(fc.record({ type: tableType }), fc.record({ type: tableType, init: expression }));
holds('tables', table, survives(readTable, writeTable, true));
holds('globals', fc.record({ type: globalType, init: expression }), survives(readGlobal, writeGlobal, true));
holds('element segments', element, survives(readElementSegment, writeElementSegment, true));
holds('data segments', data, survives(readDataSegment, writeDataSegment, true));
const localRun = fc.record({ count: fc.nat(40), type: valueType });
holds('locals', fc.array(localRun), survives(readLocals, writeLocals));

test('function bodies keep the width of their length', (t) => {
  const bodies = fc.record({
    code: fc.uint8Array({ minLength: 1, maxLength: 300 }),
    width: fc.integer({ min: 1, max: 5 }),
  });
  fc.assert(
    fc.property(bodies, ({ code, width }) => {
      const writer = new ByteWriter();
      writeFunctionBody(writer, Uint8Array.of(...code, 0x0b), width);
      const bytes = writer.contents().slice();
      const reader = new ByteReader(bytes, 0, bytes.length, wasmLimits);
      const { start, end, sizeWidth } = readFunctionBody(reader);
      reader.finish();
      const again = new ByteWriter();
      writeFunctionBody(again, bytes.subarray(start, end), sizeWidth);
      t.true(sizeWidth >= width);
      t.deepEqual(again.contents(), bytes);
    }),
  );
});
