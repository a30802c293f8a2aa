/** Updates whose metadata and indexes come in one answer. */
import test from 'ava';
import { Ship } from '../ship.ts';
import { moduleBytes, Shore } from '../shore.ts';

const gauge = (version: string) => ({ name: 'gauge', version, bytes: moduleBytes(`gauge ${version}`, 2_000) });
const gauges = ['1.0.0', '2.0.0', '3.0.0'].map(gauge);

async function scene(parcels?: (file: string) => boolean) {
  const shore = new Shore('anna');
  shore.parcels = parcels;
  for (const app of gauges) shore.release(app);
  const ship = new Ship(shore);
  ship.boot();
  const update = async (sequence: number): Promise<readonly string[]> => {
    const before = shore.requests.length;
    ship.want(shore.desired(sequence, [gauges[sequence - 1]!]));
    await ship.run(60);
    return shore.requests.slice(before).map(({ url }) => url.replace(/^\/sha256\/.*/, '/sha256'));
  };
  return { shore, ship, update };
}

test('all that an update needs besides its modules comes in one answer', async (t) => {
  const { ship, update } = await scene(() => true);
  for (const sequence of [1, 2, 3]) {
    t.deepEqual((await update(sequence)).slice(-2), ['/parcel', '/sha256'], `update ${sequence}`);
    t.is(ship.report.running?.sequence, sequence);
  }
});

test('what did not come along is asked for by itself', async (t) => {
  const { ship, shore, update } = await scene((file) => !/snapshot|releases/.test(file));
  await update(1);
  shore.release(gauge('4.0.0'));
  const urls = await update(2);
  t.is(ship.report.running?.sequence, 2);
  t.true(urls.some((url) => url.endsWith('.snapshot.json')) && urls.includes('/releases/gauge/2.0.0.json'));
});

test('a server that knows nothing of parcels is asked for each file', async (t) => {
  const { ship, update } = await scene();
  await update(1);
  const [first, ...others] = await update(2);
  t.is(first, '/parcel');
  t.true(others.includes('/tuf/timestamp.json') && others.includes('/releases/gauge/2.0.0.json'));
  t.is(ship.report.running?.sequence, 2);
});

test('nothing in a parcel is believed for where it came from', async (t) => {
  const { ship, shore, update } = await scene(() => true);
  await update(1);
  const { files } = shore;
  const old = files['/tuf/timestamp.json']!;
  shore.release(gauge('4.0.0'));
  await update(2);
  files['/tuf/timestamp.json'] = old;
  await update(3);
  t.is(ship.report.running?.sequence, 2);
  t.is(ship.report.problem?.code, 'METADATA_ROLLBACK');
});

test('an update of which nothing is missing asks for no parcel', async (t) => {
  const { ship, shore, update } = await scene(() => true);
  await update(1);
  const before = shore.requests.length;
  ship.want(shore.desired(2, [gauges[0]!], { probationSeconds: 10 }));
  await ship.run(60);
  t.false(shore.requests.slice(before).some(({ url }) => url === '/parcel'));
  t.is(ship.report.running?.sequence, 2);
});
