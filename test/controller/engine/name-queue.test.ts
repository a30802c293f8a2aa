import test from 'ava';
import { NameQueue } from '../../../controller/engine/name-queue.ts';

function drained(queue: NameQueue): string[] {
  const names: string[] = [];
  while (!queue.isEmpty) {
    const name = queue.take();
    if (name !== undefined) names.push(name);
  }
  return names;
}

test('a name waits once however often it is added, and goes before lists', (t) => {
  const queue = new NameQueue();
  queue.addList(['x', 'y']);
  t.true(queue.add('a'));
  t.false(queue.add('a'));
  queue.add('b');
  t.is(queue.size, 2);
  t.deepEqual(drained(queue), ['a', 'b', 'x', 'y']);
  t.false(queue.hasLists);
});

test('who is passed over is judged when it would be its turn, and many of them in a row are not waited for', (t) => {
  const queue = new NameQueue();
  const done = new Set<string>();
  const names = Array.from({ length: 3_000 }, (_, at) => `${at}`);
  queue.addList(names, (name) => done.has(name));
  t.is(queue.take(), '0');
  for (const name of names.slice(0, 2_999)) done.add(name);
  t.is(queue.take(), undefined);
  t.false(queue.isEmpty);
  t.deepEqual(drained(queue), ['2999']);
});
