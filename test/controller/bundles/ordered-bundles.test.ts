import test from 'ava';
import { type OrderedBundle, OrderedBundles } from '../../../controller/bundles/ordered-bundles.ts';

const bundle: OrderedBundle = { deployments: [], who: 'ada', notAfter: '2026-04-01T00:00:00Z' };

test('a bundle goes on record once, and again where the record failed', async (t) => {
  const ordered = new OrderedBundles();
  const noted: string[] = [];
  const note = async ({ who }: OrderedBundle): Promise<void> => void noted.push(who);
  ordered.add('a', bundle);
  await t.throwsAsync(ordered.written('a', () => Promise.reject(new Error('full'))));
  t.true(await ordered.written('a', note));
  t.false(await ordered.written('a', note));
  t.false(await ordered.written('b', note));
  t.deepEqual(noted, ['ada']);
});

test('orders whose files are never written take bounded room, and the newest keep theirs', async (t) => {
  const ordered = new OrderedBundles();
  for (let n = 0; n < 100; n++) ordered.add(String(n), bundle);
  const found = await Promise.all(Array.from({ length: 100 }, (_, n) => ordered.written(String(n), async () => {})));
  t.deepEqual(
    found.map((isThere, n) => isThere === n >= 36),
    Array(100).fill(true),
  );
});
