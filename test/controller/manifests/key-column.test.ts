import test from 'ava';
import { KeyColumn } from '../../../controller/manifests/key-column.ts';
import { PersistentMap } from '../../../controller/manifests/persistent-map.ts';
import { hashOf } from '../../../controller/manifests/trie.ts';

function columnOf(keys: Iterable<string>): KeyColumn {
  const column = new KeyColumn();
  for (const key of keys) column.add(key);
  return column;
}

/** Two keys of one hash. */
const [left, right] = ['device-481839', 'device-1273006'];

test('a key that stands twice is seen, in the column or beside it, and two that merely hash alike are not taken for one', (t) => {
  t.is(hashOf(left), hashOf(right));
  const column = columnOf(['a', left, 'b', right]);
  t.true(column.isDistinctWith([]));
  t.true(column.isDistinctWith(['c']));
  t.false(column.isDistinctWith(['b']));
  t.false(column.isDistinctWith([left]));
  t.false(column.isDistinctWith(['c', 'c']));
  column.add(right);
  t.false(column.isDistinctWith([]));
  t.true(columnOf([]).isDistinctWith([]));
});

test('keys stay what they were in their order, however they were cut from other texts, and maps over them find each', (t) => {
  const text = Array.from({ length: 1000 }, (_, at) => `SHA256:${String(at).padStart(43, 'x')}`).join('');
  const keys = Array.from({ length: 1000 }, (_, at) => text.slice(at * 50, (at + 1) * 50));
  const column = columnOf(keys);
  t.deepEqual(column.keys, keys);
  const map = PersistentMap.of(column.rows((row) => row));
  for (const [row, key] of keys.entries()) t.is(map.get(key), row);
  column.add('one more');
  t.is(PersistentMap.of(column.rows((row) => row)).get('one more'), 1000);
});
