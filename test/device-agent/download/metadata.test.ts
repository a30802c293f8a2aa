import test from 'ava';
import { keepAll } from '../../sim/disk-crash.ts';
import { Ship } from '../ship.ts';
import { keyOf, moduleBytes, Shore } from '../shore.ts';

const gauge1 = { name: 'gauge', version: '1.0.0', bytes: moduleBytes('gauge one', 2_000) };
const gauge2 = { name: 'gauge', version: '2.0.0', bytes: moduleBytes('gauge two', 2_000) };
const horn1 = { name: 'horn', version: '1.0.0', bytes: moduleBytes('horn one', 2_000) };

async function proved(): Promise<Ship> {
  const shore = new Shore('anna');
  for (const app of [gauge1, gauge2, horn1]) shore.release(app);
  const ship = new Ship(shore);
  ship.boot();
  ship.want(shore.desired(1, [gauge1]));
  await ship.run(60);
  return ship;
}

test('a rotated online key is followed through the next root, and the root stays over a restart', async (t) => {
  const ship = await proved();
  ship.shore.rotateOnlineKey('online of 2027');
  ship.want(ship.shore.desired(2, [gauge2]));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 2);
  ship.cutPower(keepAll);
  ship.boot();
  const before = ship.shore.requests.length;
  ship.want(ship.shore.desired(3, [gauge1]));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 3);
  t.false(ship.shore.requests.slice(before).some(({ url }) => url === '/tuf/2.root.json'));
});

test('a key that no root names signs nothing that counts', async (t) => {
  const ship = await proved();
  const { files } = ship.shore;
  ship.shore.rotateOnlineKey('mallory');
  delete files['/tuf/2.root.json'];
  ship.want(ship.shore.desired(2, [gauge2]));
  await ship.run(60);
  t.is(ship.report.problem?.code, 'METADATA_THRESHOLD');
  t.is(ship.report.running?.sequence, 1);
});

test('a device fetches the metadata of what it runs and no more', async (t) => {
  const ship = await proved();
  const urls = ship.shore.requests.map(({ url }) => url);
  t.true(urls.some((url) => url.endsWith('.gauge.json')));
  t.false(urls.some((url) => url.endsWith('.horn.json')));
});

test('a refresh with nothing new costs two small requests', async (t) => {
  const ship = await proved();
  const before = ship.shore.requests.length;
  ship.want(ship.shore.desired(2, [gauge1], { probationSeconds: 10 }));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 2);
  t.deepEqual(
    ship.shore.requests.slice(before).map(({ url }) => url),
    ['/tuf/2.root.json', '/tuf/timestamp.json'],
  );
});

test('an older timestamp than the one that was seen is a rollback, over restarts too', async (t) => {
  const ship = await proved();
  const old = ship.shore.files['/tuf/timestamp.json']!;
  ship.shore.publish();
  ship.want(ship.shore.desired(2, [gauge2]));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 2);
  ship.shore.files['/tuf/timestamp.json'] = old;
  ship.cutPower(keepAll);
  ship.boot();
  ship.want(ship.shore.desired(3, [gauge1]));
  await ship.run(60);
  t.is(ship.report.problem?.code, 'METADATA_ROLLBACK');
  t.is(ship.report.running?.sequence, 2);
});

test('whatever file of metadata rots on disk, the next update is judged all the same', async (t) => {
  const ship = await proved();
  let sequence = 1;
  const stored = ship.disk.allFiles().filter((path) => path.startsWith('/state/trust/'));
  for (const path of [...stored, '/born/root.json']) {
    ship.cutPower(keepAll);
    ship.disk.flipBit(path, 8 * 120 + 2);
    t.true(ship.boot(), path);
    sequence += 1;
    ship.want(ship.shore.desired(sequence, [sequence % 2 === 0 ? gauge2 : gauge1]));
    await ship.run(60);
    t.is(ship.report.running?.sequence, sequence, path);
  }
  t.true(sequence > 5);
});

test('a deployment by a key that is revoked before it is installed does not run, and the next one by the new key does', async (t) => {
  for (const apps of [[gauge2], []]) {
    const ship = await proved();
    const { shore } = ship;
    const old = shore.desired(2, apps);
    // Accepted by the keys that the device knows; the refresh before the install is the first to name another.
    shore.deploymentKey = keyOf('deployment of 2027');
    shore.publish();
    ship.want(old);
    await ship.run(60);
    t.is(ship.report.highestSequence, 2);
    t.is(ship.report.problem?.code, 'DEPLOYMENT_REVOKED');
    t.deepEqual(ship.running(), ['gauge 1.0.0']);
    ship.want(shore.desired(3, [gauge2]));
    await ship.run(60);
    t.deepEqual(ship.running(), ['gauge 2.0.0']);
    t.is(ship.report.problem, undefined);
  }
});

test('a deployment that was begun before its key was revoked is judged again when the rest of it has come', async (t) => {
  const ship = await proved();
  const { shore } = ship;
  const large = { name: 'gauge', version: '3.0.0', bytes: moduleBytes('gauge three', 3_000_000) };
  shore.release(large);
  ship.want(shore.desired(2, [large]));
  await ship.run(1);
  ship.link.set(false);
  await ship.run(60);
  t.is(ship.report.phase, 'fetching');
  shore.deploymentKey = keyOf('deployment of 2027');
  shore.publish();
  ship.link.set(true);
  await ship.run(600);
  t.deepEqual(ship.running(), ['gauge 1.0.0']);
  t.is(ship.report.problem?.code, 'DEPLOYMENT_REVOKED');
});

test('a deployment whose signer is named only later, as where a cache in between was behind, is judged again by itself', async (t) => {
  const ship = await proved();
  const { shore } = ship;
  shore.deploymentKey = keyOf('deployment of 2027');
  ship.want(shore.desired(2, [gauge2]));
  await ship.run(60);
  t.is(ship.report.problem?.code, 'ENVELOPE_THRESHOLD');
  const asked = shore.requests.length;
  await ship.run(3_000);
  t.is(shore.requests.length, asked, 'what nobody vouches for costs little');
  shore.publish();
  await ship.run(2_000);
  t.deepEqual(ship.running(), ['gauge 2.0.0']);
  t.is(ship.report.problem, undefined);
});

test('what stops everything is taken under expired metadata too, if its key still stands', async (t) => {
  const ship = await proved();
  await ship.run(30 * 24 * 60 * 60);
  ship.shore.nowMs = ship.time.now;
  ship.want(ship.shore.desired(2, []));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 2);
  t.deepEqual(ship.running(), []);
});
