import test from 'ava';
import fc from 'fast-check';
import { FuelError } from '../../../artifact/fuel/error.ts';
import { boundMemories, boundTables } from '../../../artifact/fuel/growth.ts';

test('a memory without a maximum is given the limit, a smaller one is kept', (t) => {
  t.deepEqual(boundMemories([{ flags: 0, minimum: 2 }], 100), [{ flags: 1, minimum: 2, maximum: 100 }]);
  t.deepEqual(boundMemories([{ flags: 5, minimum: 2, maximum: 9 }], 100), [{ flags: 5, minimum: 2, maximum: 9 }]);
});

test('pages of one byte count as bytes', (t) => {
  const [memory] = boundMemories([{ flags: 8, minimum: 0, pageSizeLog2: 0 }], 2);
  t.is(memory!.maximum, 131_072);
});

test('however many memories and tables there are, together they stay within the limit, and no maximum grows', (t) => {
  const limits = fc.record({ minimum: fc.nat(50), more: fc.option(fc.nat(100)) }).map(({ minimum, more }) => ({
    flags: more === null ? 0 : 1,
    minimum,
    ...(more === null ? {} : { maximum: minimum + more }),
  }));
  fc.assert(
    fc.property(fc.array(limits, { maxLength: 8 }), fc.nat(300), (all, max) => {
      const least = all.reduce((sum, { minimum }) => sum + minimum, 0);
      if (least > max) {
        t.is(t.throws(() => boundTables(all, max), { instanceOf: FuelError }).code, 'table-above-limit');
        return;
      }
      const bound = boundTables(all, max);
      t.true(bound.reduce((sum, { maximum }) => sum + maximum!, 0) <= max);
      bound.forEach(({ flags, minimum, maximum }, i) => {
        t.true((flags & 1) === 1 && maximum! >= minimum && maximum! <= (all[i]!.maximum ?? max));
      });
    }),
  );
});

test('a minimum that no double holds is above every limit', (t) => {
  t.throws(() => boundMemories([{ flags: 4, minimum: Number.NaN }], 100), { instanceOf: FuelError });
});
