import test from 'ava';
import fc from 'fast-check';
import { treeOf } from '../../../../artifact/delta/whole/trees.ts';

test('whatever the weights, a symbol is where its bits lead, and what is frequent lies no deeper than what is not', (t) => {
  t.plan(1);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 2, maxLength: 300 }), (weights) => {
      const { children, codes, lengths } = treeOf(weights);
      return weights.every((weight, symbol) => {
        let node = 0;
        for (let left = lengths[symbol]! - 1; left >= 0; left--)
          node = children[2 * node + ((codes[symbol]! >> left) & 1)]!;
        return node === ~symbol && weights.every((other, at) => other <= weight || lengths[at]! <= lengths[symbol]!);
      });
    }),
    { numRuns: 50 },
  );
  t.pass();
});
