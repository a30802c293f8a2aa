import test from 'ava';
import fc from 'fast-check';
import { DeltaError } from '../../../../artifact/delta/error.ts';
import { decodeMaps, encodeMaps } from '../../../../artifact/delta/rewrite/maps-format.ts';
import { arbitraryMaps } from './arbitrary-maps.ts';

test('maps are read back as they were written', (t) => {
  fc.assert(
    fc.property(arbitraryMaps, (maps) => {
      t.deepEqual(decodeMaps(encodeMaps(maps)), maps);
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
        const read = decodeMaps(bytes);
        return Buffer.compare(encodeMaps(decodeMaps(encodeMaps(read))), encodeMaps(read)) === 0;
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
      t.throws(() => decodeMaps(bytes.subarray(0, cut % bytes.length)), { instanceOf: DeltaError });
    }),
  );
});

test('a few bytes cannot ask for an index map that no module needs', (t) => {
  const bytes = Uint8Array.of(0, 0xff, 0xff, 0xff, 0xff, 0x0f);
  t.throws(() => decodeMaps(bytes), { instanceOf: DeltaError });
});
