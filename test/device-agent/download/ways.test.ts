import test from 'ava';
import { encodeDelta } from '../../../artifact/delta/encode.ts';
import { Ship } from '../ship.ts';
import { type AppWish, moduleBytes, Shore, sha256 } from '../shore.ts';

function edited(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy.set([1, 2, 3, 4], at);
  return copy;
}

const first: AppWish = { name: 'gauge', version: '1.0.0', bytes: moduleBytes('gauge one', 60_000) };
const second: AppWish = { name: 'gauge', version: '2.0.0', bytes: edited(first.bytes, 30_000) };
const patch = encodeDelta(first.bytes, second.bytes);
const deltaWay = { method: 'delta', bytes: patch, base: sha256(first.bytes) } as const;

async function running(app: AppWish): Promise<Ship> {
  const shore = new Shore('anna');
  shore.releaseWithBrotli(app);
  const ship = new Ship(shore);
  ship.boot();
  ship.want(shore.desired(1, [app]));
  await ship.run(60);
  return ship;
}

test('a device that has the old module takes the delta, and says what it cost', async (t) => {
  const ship = await running(first);
  ship.shore.release(second, [deltaWay]);
  ship.want(ship.shore.desired(2, [second]));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 2);
  const [download] = ship.report.downloads ?? [];
  t.is(download?.method, 'delta');
  t.true(download!.bytes < 5_000, `${download!.bytes} bytes`);
  t.is(download!.length, second.bytes.length);
});

test('a device without the old module falls back to another way', async (t) => {
  const other: AppWish = { name: 'horn', version: '1.0.0', bytes: moduleBytes('horn', 2_000) };
  const ship = await running(other);
  ship.shore.release(second, [deltaWay]);
  ship.want(ship.shore.desired(2, [second]));
  await ship.run(60);
  t.deepEqual(
    ship.report.downloads?.map(({ method }) => method),
    ['whole'],
  );
});

test('a damaged delta costs its bytes and falls back to the whole module', async (t) => {
  const ship = await running(first);
  const damaged = patch.slice();
  damaged[damaged.length - 9]! ^= 16;
  ship.shore.release(second, [{ ...deltaWay, bytes: damaged }]);
  ship.want(ship.shore.desired(2, [second]));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 2);
  const [download] = ship.report.downloads ?? [];
  t.is(download?.method, 'whole');
  t.true(download!.bytes > second.bytes.length);
});

test('a packed form that unpacks to more than the module is refused as soon as it does', async (t) => {
  const ship = await running(first);
  ship.shore.releaseWithBrotli({ name: 'bomb', version: '1.0.0', bytes: new Uint8Array(30_000_000) });
  const index = JSON.parse(Buffer.from(ship.shore.files['/releases/bomb/1.0.0.json']!).toString());
  const bomb = ship.shore.files[`/sha256/${index.ways[1].sha256}`]!;
  ship.shore.release(second, [{ method: 'brotli', bytes: bomb }]);
  ship.want(ship.shore.desired(2, [second]));
  await ship.run(60);
  t.deepEqual(
    ship.report.downloads?.map(({ method }) => method),
    ['whole'],
  );
});

test('an index that lies, or is none, costs nothing but itself', async (t) => {
  for (const index of ['{', '{}', JSON.stringify({ ways: 'x' }), ' '.repeat(100_000)]) {
    const ship = await running(first);
    ship.shore.release(second);
    ship.shore.files['/releases/gauge/2.0.0.json'] = Buffer.from(index);
    ship.want(ship.shore.desired(2, [second]));
    await ship.run(60);
    t.deepEqual(
      ship.report.downloads?.map(({ method }) => method),
      ['whole'],
    );
  }
});

test('a link that breaks every answer off still brings the module, and no byte of it twice', async (t) => {
  const ship = await running(first);
  const large: AppWish = { name: 'gauge', version: '3.0.0', bytes: moduleBytes('gauge three', 300_000) };
  ship.shore.release(large);
  ship.link.quality = { ...ship.link.quality, cutProbability: 1 };
  ship.want(ship.shore.desired(2, [large]));
  await ship.run(4 * 3600);
  t.is(ship.report.running?.sequence, 2);
  t.true(ship.shore.requests.filter(({ headers }) => headers.range !== undefined).length > 1);
  t.is(ship.report.downloads?.[0]?.method, 'whole');
});
