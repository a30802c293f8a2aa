import test from 'ava';
import fc from 'fast-check';
import { decodeDifference, encodeDifference } from '../../../../artifact/delta/difference/code.ts';
import { planStretches } from '../../../../artifact/delta/difference/plan.ts';
import { DeltaError } from '../../../../artifact/delta/error.ts';
import { unboundedWork, WorkBudget } from '../../../../artifact/delta/work.ts';

// Two files that share stretches: pieces of one alphabet, put together in two ways, with bytes changed.
const related = fc
  .record({
    pieces: fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { minLength: 1, maxLength: 8 }),
    order: fc.array(fc.nat(7), { maxLength: 10 }),
    changes: fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 12 }),
  })
  .map(({ pieces, order, changes }) => {
    const fresh = Buffer.concat(order.map((index) => pieces[index % pieces.length]!));
    for (const [at, value] of changes) if (fresh.length > 0) fresh[at % fresh.length] = value;
    return { old: Uint8Array.from(Buffer.concat(pieces)), fresh: Uint8Array.from(fresh) };
  });

test('decodeDifference() undoes encodeDifference() for files that share stretches', (t) => {
  fc.assert(
    fc.property(related, ({ old, fresh }) => {
      const coded = encodeDifference(old, fresh)!;
      return Buffer.compare(decodeDifference(old, coded, fresh.length, unboundedWork()), fresh) === 0;
    }),
    { numRuns: 60 },
  );
  t.pass();
});

test('planStretches() covers the new file exactly and stays inside the old one', (t) => {
  fc.assert(
    fc.property(related, ({ old, fresh }) => {
      const plan = planStretches(old, fresh);
      const total = plan.reduce((sum, stretch) => sum + stretch.length + stretch.fresh, 0);
      const inside = plan.every(({ from, length }) => length === 0 || (from >= 0 && from + length <= old.length));
      return total === fresh.length && inside && plan.every(({ length, fresh: bytes }) => length >= 0 && bytes >= 0);
    }),
    { numRuns: 100 },
  );
  t.pass();
});

test('decodeDifference() gives bytes or a DeltaError for whatever it is fed, within its budget', (t) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 80 }),
      fc.nat(600),
      (old, coded, size) => {
        try {
          return decodeDifference(old, coded, size, new WorkBudget(100_000)).length === size;
        } catch (error) {
          return error instanceof DeltaError;
        }
      },
    ),
    { numRuns: 100 },
  );
  t.pass();
});

test('A file with a few changed bytes costs a few bytes', (t) => {
  const old = Uint8Array.from({ length: 20_000 }, (_, at) => (at * at * 31 + (at >> 5)) & 255);
  const fresh = old.slice();
  fresh[5_000]! ^= 1;
  fresh[12_345]! ^= 7;
  const coded = encodeDifference(old, fresh)!;
  t.true(coded.length < 24, `${coded.length} bytes`);
});
