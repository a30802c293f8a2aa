import test from 'ava';
import { inRowOrder } from '../../../controller/engine/row-order.ts';

const rows = new Map(['c', 'a', 'd', 'b'].map((name) => [name, {}]));

test('most of the fleet is gone through in the order of its rows, and who has none comes last', (t) => {
  t.deepEqual([...inRowOrder(new Set(['x', 'a', 'b', 'c', 'y']), rows)], ['c', 'a', 'b', 'x', 'y']);
});

test('a few of a fleet are gone through as they are, without a look at the others', (t) => {
  const unseen = new Map(rows);
  unseen.keys = () => t.fail('all were looked at') as never;
  t.deepEqual([...inRowOrder(new Set(['b']), unseen)], ['b']);
});

test('who gets a row while others have their turn is not passed over', (t) => {
  const growing = new Map(rows);
  const names: string[] = [];
  for (const name of inRowOrder(new Set(['x', 'y', 'a', 'b', 'd']), growing)) {
    names.push(name);
    growing.set('y', {});
  }
  t.deepEqual([...new Set(names)].sort(), ['a', 'b', 'd', 'x', 'y']);
});
