import test from 'ava';
import fc from 'fast-check';
import { fitIndices, fitShifts, Votes } from '../../../../artifact/delta/matching/fit.ts';
import { shifted } from '../../../../artifact/delta/rewrite/maps.ts';

const costs = { pieceBits: 30, missBits: 10 };

test('pieces with enough votes are found, with the noise between them left out', (t) => {
  const votes = new Votes();
  for (let value = 1000; value < 2000; value += 10) votes.add(value, value + 64);
  for (let value = 2000; value < 3000; value += 10) votes.add(value, value + 128);
  votes.add(1505, 7);
  votes.add(2505, 99999);
  const shifts = fitShifts(votes, costs);
  t.deepEqual([...shifts.starts], [1000, 2000]);
  t.deepEqual([...shifts.shifts], [64, 128]);
});

test('a number that moves alone is worth a piece only with enough votes', (t) => {
  const moves = (count: number): number => {
    const votes = new Votes();
    for (let value = 1000; value < 2000; value += 10) votes.add(value, value);
    votes.add(1500, 1400, count);
    return shifted(fitShifts(votes, costs), 1500);
  };
  t.is(moves(2), 1500);
  t.is(moves(50), 1400);
});

test('no fit costs more than no map at all', (t) => {
  const vote = fc.tuple(fc.nat(500), fc.nat(500), fc.integer({ min: 1, max: 5 }));
  fc.assert(
    fc.property(fc.array(vote, { maxLength: 60 }), (all) => {
      const votes = new Votes();
      for (const [old, fresh, count] of all) votes.add(old, fresh, count);
      const map = fitShifts(votes, costs);
      const missed = (where: (value: number) => number): number =>
        all.reduce((sum, [old, fresh, count]) => sum + (where(old) === fresh ? 0 : count * costs.missBits), 0);
      const cost = map.starts.length * costs.pieceBits + missed((value) => shifted(map, value));
      return cost <= missed((value) => value);
    }),
  );
  t.pass();
});

test('each index is given to the one with most votes for it', (t) => {
  const votes = new Votes();
  votes.add(0, 1, 3);
  votes.add(1, 1, 2);
  votes.add(1, 0, 1);
  t.deepEqual([...fitIndices(votes, 2, 3)], [1, 0, -1]);
});
