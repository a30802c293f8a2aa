import test from 'ava';
import fc from 'fast-check';
import { chanceOf, oddsMax, oddsOf } from '../../../../artifact/delta/coding/logistic.ts';
import { codeNumber } from '../../../../artifact/delta/coding/numbers.ts';
import { Predictor } from '../../../../artifact/delta/coding/predictor.ts';
import { BitDecoder, BitEncoder } from '../../../../artifact/delta/coding/range.ts';
import { unboundedWork } from '../../../../artifact/delta/work.ts';

const decisions = fc.array(
  fc.tuple(fc.nat(1), fc.oneof(fc.constantFrom(1, 65535), fc.integer({ min: 1, max: 65535 }))),
  {
    maxLength: 3000,
  },
);

test('BitDecoder reads the bits that BitEncoder wrote, whatever their chances', (t) => {
  fc.assert(
    fc.property(decisions, (bits) => {
      const encoder = new BitEncoder();
      for (const [bit, chance] of bits) encoder.code(bit, chance);
      const decoder = new BitDecoder(encoder.finish());
      return bits.every(([bit, chance]) => decoder.code(0, chance) === bit);
    }),
    { numRuns: 100 },
  );
  t.pass();
});

test('Chances and odds are each other’s inverse and stay inside their bounds', (t) => {
  for (let odds = -oddsMax; odds <= oddsMax; odds++) {
    const chance = chanceOf[odds + oddsMax + 1]!;
    t.true(chance >= 1 && chance <= 65535);
    if (Math.abs(odds) < 1200) t.true(Math.abs(oddsOf[chance]! - odds) <= 1);
  }
  t.is(chanceOf[oddsMax + 1], 32768);
});

test('codeNumber() reads back every number of up to 30 bits', (t) => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(20), fc.nat(2 ** 30)), { maxLength: 50 }), (numbers) => {
      const encoder = new BitEncoder();
      const writer = new Predictor(encoder, 12, 1, unboundedWork());
      for (const number of numbers) codeNumber(writer, number, 5, 0);
      const reader = new Predictor(new BitDecoder(encoder.finish()), 12, 1, unboundedWork());
      return numbers.every((number) => codeNumber(reader, 0, 5, 0) === number);
    }),
    { numRuns: 100 },
  );
  t.pass();
});
