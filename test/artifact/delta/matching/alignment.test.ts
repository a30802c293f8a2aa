import test from 'ava';
import fc from 'fast-check';
import { alignTokens, increasing } from '../../../../artifact/delta/matching/alignment.ts';

type Run = readonly [number, number, number];

function align(a: readonly number[], b: readonly number[]): Run[] {
  const runs: Run[] = [];
  alignTokens(Uint16Array.from(a), 0, a.length, Uint16Array.from(b), 0, b.length, (...run) => runs.push(run));
  return runs.sort((left, right) => left[0] - right[0]);
}

const tokens = fc.array(fc.nat(5), { maxLength: 60 });

test('aligned runs are equal, in order, and apart', (t) => {
  fc.assert(
    fc.property(tokens, tokens, (a, b) => {
      let [aEnd, bEnd] = [0, 0];
      for (const [i, j, length] of align(a, b)) {
        t.true(i >= aEnd && j >= bEnd && length > 0);
        t.deepEqual(a.slice(i, i + length), b.slice(j, j + length));
        [aEnd, bEnd] = [i + length, j + length];
      }
    }),
  );
});

test('as many tokens are aligned as the longest common subsequence has', (t) => {
  const longest = (a: readonly number[], b: readonly number[]): number => {
    const row = new Array<number>(b.length + 1).fill(0);
    for (const x of a) {
      let corner = 0;
      b.forEach((y, j) => {
        const above = row[j + 1]!;
        row[j + 1] = x === y ? corner + 1 : Math.max(above, row[j]!);
        corner = above;
      });
    }
    return row[b.length]!;
  };
  fc.assert(
    fc.property(tokens, tokens, (a, b) => {
      const aligned = align(a, b).reduce((sum, [, , length]) => sum + length, 0);
      t.is(aligned, longest(a, b));
    }),
  );
});

test('sequences far apart are aligned at runs that occur once in each', (t) => {
  const noise = (seed: number) => Array.from({ length: 2000 }, (_, i) => (i * seed * 7919 + (i % 13) * seed) % 65521);
  const shared = Array.from({ length: 50 }, (_, i) => 1000 + i * i);
  const runs = align([...noise(3), ...shared, ...noise(5)], [...noise(11).slice(0, 900), ...shared, ...noise(17)]);
  t.true(runs.some(([i, j, length]) => i === 2000 && j === 900 && length >= 50));
});

test('the longest increasing chain is found', (t) => {
  const pairs: [number, number][] = [5, 1, 2, 9, 3, 4].map((value, i) => [i, value]);
  t.deepEqual(
    increasing(pairs).map(([, value]) => value),
    [1, 2, 3, 4],
  );
});
