import test from 'ava';
import { BlobPile } from '../../cli/blob-pile.ts';
import { objectId } from '../../controller/source/object-id.ts';

test('what lies on the pile is found by its id however much there is, ids that begin alike included, and nothing else is', (t) => {
  const pile = new BlobPile();
  const bytes = new TextEncoder().encode(Array.from({ length: 5000 }, (_, at) => String(at).padStart(8)).join(''));
  const contents = Array.from({ length: 5000 }, (_, at) => bytes.subarray(at * 8, at * 8 + 8));
  const oids = contents.map((content) => objectId('blob', content));
  const alike = ['0', '1', 'f'].map((end) => `${oids[0]!.slice(0, 39)}${end}`).filter((oid) => oid !== oids[0]);
  for (const [at, oid] of oids.entries()) pile.add(oid, contents[at]!);
  pile.add(alike[0]!, new Uint8Array([1, 2, 3]));
  for (const [at, oid] of oids.entries()) t.deepEqual(pile.get(oid), contents[at]);
  t.deepEqual(pile.get(alike[0]!), new Uint8Array([1, 2, 3]));
  t.is(pile.get(alike[1]!), undefined);
  t.false(pile.has('e'.repeat(40)));
  t.true(pile.has(alike[0]!));
});

test('an empty pile has nothing, and an empty content is one', (t) => {
  const pile = new BlobPile();
  t.is(pile.get('a'.repeat(40)), undefined);
  pile.add('a'.repeat(40), new Uint8Array());
  t.deepEqual(pile.get('a'.repeat(40)), new Uint8Array());
});
