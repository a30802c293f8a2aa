import test from 'ava';
import fc from 'fast-check';
import { customSections } from '../../../artifact/wasm/custom-sections.ts';
import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { readBinary } from '../../../artifact/wasm/read/module.ts';
import { ByteWriter } from '../../../artifact/wasm/write/bytes.ts';
import { writeBinary } from '../../../artifact/wasm/write/module.ts';
import { stripDebug } from '../../../controller/publishing/authoring/strip-debug.ts';
import { readSymbols, withNames, writeSymbols } from '../../../controller/publishing/authoring/symbols.ts';
import { moduleOf } from './repository.ts';

const debugNames = [
  'name',
  '.debug_info',
  '.debug_line',
  'producers',
  'sbom',
  'sourceMappingURL',
  'external_debug_info',
];
const otherNames = ['target_features', 'boms', 'names', 'debug', 'metadata.code.branch_hint', ''];

interface Custom {
  readonly name: string;
  readonly contents: Uint8Array;
}

function payloadOf({ name, contents }: Custom): Uint8Array {
  const writer = new ByteWriter();
  writer.name(name);
  writer.raw(contents);
  return writer.contents();
}

/** A module that runs, with custom sections before, between and behind the others. */
function moduleWith(customs: readonly Custom[]): Uint8Array {
  const { bytes, sections } = readBinary(moduleOf(1), wasmLimits);
  const own = sections.map(({ id, payload, end }) => ({ id, payload: bytes.subarray(payload, end) }));
  for (const [at, custom] of customs.entries())
    own.splice((at * 3) % (own.length + 1), 0, { id: 0, payload: payloadOf(custom) });
  return writeBinary('module', own);
}

const custom = fc.record({
  name: fc.constantFrom(...debugNames, ...otherNames),
  contents: fc.uint8Array({ maxLength: 300 }),
});

test('what is taken off is debug information and nothing else, byte for byte, and what is left runs', (t) => {
  fc.assert(
    fc.property(fc.array(custom, { maxLength: 8 }), fc.constantFrom('nothing', 'names' as const), (customs, kept) => {
      const module = moduleWith(customs);
      const { bytes, taken, left } = stripDebug(module, kept as 'nothing');
      t.true(WebAssembly.validate(bytes));
      const sectionsOf = (of: Uint8Array) =>
        readBinary(of, wasmLimits).sections.map(({ start, end }) =>
          Buffer.from(of.subarray(start, end)).toString('hex'),
        );
      const off = debugNames.filter((name) => kept === 'nothing' || name !== 'name');
      const binary = readBinary(module, wasmLimits);
      const gone = new Set(
        customSections(binary).flatMap(({ name, section }) => (off.includes(name) ? [section] : [])),
      );
      const wanted = sectionsOf(module).filter((_, at) => !gone.has(binary.sections[at]!));
      t.deepEqual(sectionsOf(bytes), wanted);
      t.is(
        module.length - bytes.length,
        taken.reduce((sum, part) => sum + part.bytes, 0),
      );
      t.deepEqual(
        left.map(({ what }) => what),
        kept === 'names' && customs.some(({ name }) => name === 'name') ? ['names'] : [],
      );
      t.is(stripDebug(bytes, kept as 'nothing').bytes, bytes);
    }),
    { numRuns: 60 },
  );
});

/** A name section for functions 0 and 7. */
const names: Custom = {
  name: 'name',
  contents: Uint8Array.of(1, 12, 2, 0, 3, 0x61, 0x3a, 0x3a, 7, 4, 0x70, 0x75, 0x6d, 0x70),
};

test('names that are taken off are kept for whoever reads a trace, and are those of that release alone', (t) => {
  const { symbols } = stripDebug(moduleWith([names]), 'nothing');
  t.deepEqual(
    [...symbols!],
    [
      [0, 'a::'],
      [7, 'pump'],
    ],
  );
  const file = writeSymbols(symbols!, 'ab');
  const read = readSymbols(file, 'ab', 'x.json');
  t.deepEqual(read, symbols);
  t.is(
    withNames('in function 7 < function 0 < function 70 < dysfunction 7', read),
    'in pump < a:: < function 70 < dysfunction 7',
  );
  t.throws(() => readSymbols(file, 'cd', 'x.json'), {
    message: /x\.json can't be used: it is of a release with another/,
  });
  t.throws(() => readSymbols(new Uint8Array(3), 'ab', 'x.json'), { message: /no JSON/ });
  t.is(stripDebug(moduleWith([names]), 'names').symbols, undefined);
});

test('what is no module, or is to stay as it is, comes back as it is', (t) => {
  for (const bytes of [Uint8Array.of(1, 2), moduleOf(1).subarray(0, 20)])
    t.is(stripDebug(bytes, 'nothing').bytes, bytes);
  const module = moduleWith([names]);
  const { bytes, left } = stripDebug(module, 'all');
  t.is(bytes, module);
  t.deepEqual(left, [{ what: 'names', bytes: 21 }]);
});
