import test from 'ava';
import fc from 'fast-check';
import { DeltaError } from '../../../../artifact/delta/error.ts';
import { decodeMaps, encodeMaps } from '../../../../artifact/delta/rewrite/maps-format.ts';
import { arbitraryMaps } from './arbitrary-maps.ts';

const fileBytes = 3_000_000;
const decoded = (bytes: Uint8Array) => decodeMaps(bytes, fileBytes, fileBytes);

test('maps are read back as they were written', (t) => {
  fc.assert(
    fc.property(arbitraryMaps, (maps) => {
      t.deepEqual(decoded(encodeMaps(maps)), maps);
    }),
  );
});

test('damaged maps are refused with a code or read as other maps', (t) => {
  const damage = fc.record({ at: fc.nat(1000), byte: fc.integer({ min: 0, max: 255 }) });
  let refused = 0;
  fc.assert(
    fc.property(arbitraryMaps, fc.array(damage, { minLength: 1, maxLength: 4 }), (maps, damages) => {
      const bytes = encodeMaps(maps).slice();
      for (const { at, byte } of damages) bytes[at % bytes.length] = byte;
      try {
        const read = decoded(bytes);
        return Buffer.compare(encodeMaps(decoded(encodeMaps(read))), encodeMaps(read)) === 0;
      } catch (error) {
        refused++;
        return error instanceof DeltaError && error.code === 'patch-corrupt';
      }
    }),
    { numRuns: 2000 },
  );
  t.true(refused > 100);
});

test('maps cut short are refused', (t) => {
  fc.assert(
    fc.property(arbitraryMaps, fc.nat(), (maps, cut) => {
      const bytes = encodeMaps(maps);
      t.throws(() => decoded(bytes.subarray(0, cut % bytes.length)), { instanceOf: DeltaError });
    }),
  );
});

test('a few bytes cannot ask for an index map that no module needs', (t) => {
  const bytes = Uint8Array.of(0, 0xff, 0xff, 0xff, 0xff, 0x0f);
  t.throws(() => decoded(bytes), { instanceOf: DeltaError });
});

test('the lengths of the files bound index maps, and no old function stands for two new ones', (t) => {
  const of = (functions: Int32Array) => encodeMaps({ ...decodeMaps(new Uint8Array(9), 0, 0), functions });
  const bytes = of(Int32Array.of(0, 1, 2, 3));
  t.notThrows(() => decodeMaps(bytes, 12, 12));
  t.throws(() => decodeMaps(bytes, 12, 11), { instanceOf: DeltaError });
  const twice = encodeMaps({ ...decodeMaps(bytes, 12, 12), types: Int32Array.of(0, 1) });
  t.notThrows(() => decodeMaps(twice, 12, 18));
  t.throws(() => decodeMaps(twice, 12, 17), { instanceOf: DeltaError }, 'what the maps share is not given twice');
  t.throws(() => decodeMaps(of(Int32Array.of(5)), 12, 12), { instanceOf: DeltaError });
  t.throws(() => decoded(of(Int32Array.of(4, 3, 4))), { message: /stands for two/ });
});
