/** Whatever the shadow or the server sends, the agent lives, runs only what is signed, and comes round when it may. */
import test from 'ava';
import fc from 'fast-check';
import { DiskError } from '../../../platform/ports.ts';
import { keepAll } from '../../sim/disk-crash.ts';
import type { SimDisk } from '../../sim/sim-disk.ts';
import { Ship } from '../ship.ts';
import { moduleBytes, Shore, sha256 } from '../shore.ts';

const gauge1 = { name: 'gauge', version: '1.0.0', bytes: moduleBytes('gauge one', 20_000) };
const horn1 = { name: 'horn', version: '1.0.0', bytes: moduleBytes('horn one', 20_000) };
const gauge2 = { name: 'gauge', version: '2.0.0', bytes: moduleBytes('gauge two', 300_000) };

async function proved(): Promise<Ship> {
  const shore = new Shore('anna');
  for (const app of [gauge1, gauge2, horn1]) shore.releaseWithBrotli(app);
  const ship = new Ship(shore);
  ship.boot();
  ship.want(shore.desired(1, [gauge1]));
  await ship.run(60);
  return ship;
}

test('no desired state, however odd, changes what runs or ends the agent', async (t) => {
  const ship = await proved();
  const odd = fc.oneof(
    fc.anything(),
    fc.record({ sequence: fc.integer(), envelope: fc.string() }),
    fc.record({ sequence: fc.integer({ min: 1 }), envelope: fc.json() }),
    fc.record({
      sequence: fc.constant(9),
      envelope: fc
        .record({
          payload: fc.base64String(),
          payloadType: fc.constant('application/vnd.fleet.deployment+json'),
          signatures: fc.array(fc.record({ keyid: fc.string(), sig: fc.base64String() })),
        })
        .map((envelope) => JSON.stringify(envelope)),
    }),
    fc.record({
      sequence: fc.constant(9),
      blob: fc.record({ sha256: fc.constant('0'.repeat(64)), length: fc.nat() }),
    }),
  );
  for (const desired of fc.sample(odd, 200)) {
    ship.want(desired);
    await ship.run(0.2);
  }
  await ship.run(30);
  t.deepEqual(ship.running(), ['gauge 1.0.0']);
  t.is(ship.report.highestSequence, 1);
  ship.want(ship.shore.desired(2, [gauge2]));
  await ship.run(120);
  t.deepEqual(ship.running(), ['gauge 2.0.0']);
});

test('a server that answers garbage is survived, and its healing noticed', async (t) => {
  const ship = await proved();
  const { files } = ship.shore;
  const desired = ship.shore.desired(2, [gauge2]);
  const garbage = fc.sample(
    fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc.json().map((text) => Buffer.from(text)),
    ),
    40,
  );
  ship.want(desired);
  for (const bytes of garbage) {
    ship.shore.files = Object.fromEntries(Object.keys(files).map((path) => [path, bytes]));
    ship.link.set(false);
    ship.link.set(true);
    await ship.run(5);
  }
  t.deepEqual(ship.running(), ['gauge 1.0.0']);
  ship.shore.files = files;
  await ship.run(3600);
  t.deepEqual(ship.running(), ['gauge 2.0.0']);
});

test('a link that flips bits and cuts every other answer off still brings the update', async (t) => {
  const ship = await proved();
  ship.link.quality = { ...ship.link.quality, flipProbability: 0.005, cutProbability: 0.5 };
  ship.want(ship.shore.desired(2, [gauge2]));
  await ship.run(24 * 3600);
  t.deepEqual(ship.running(), ['gauge 2.0.0']);
  t.is(ship.report.problem, undefined);
});

test('a disk that is full for a while stops nothing that runs, and the update follows', async (t) => {
  const ship = await proved();
  const { disk } = ship;
  const { freeBytes } = disk;
  disk.freeBytes = () => 0;
  ship.want(ship.shore.desired(2, [gauge2]));
  await ship.run(60);
  t.is(ship.report.problem?.code, 'DISK_FULL');
  t.deepEqual(ship.running(), ['gauge 1.0.0']);
  disk.freeBytes = freeBytes;
  await ship.run(3600);
  t.deepEqual(ship.running(), ['gauge 2.0.0']);
});

test('a disk that somebody else filled to the last byte is told to the shore, and forgotten when there is room', async (t) => {
  const ship = await proved();
  ship.disk.leaveRoom(0);
  ship.want(ship.shore.desired(2, [gauge2]));
  await ship.run(60);
  t.like(ship.reports.at(-1)?.problem, { code: 'DISK_FULL', sequence: 2 });
  t.deepEqual(ship.running(), ['gauge 1.0.0']);
  ship.disk.leaveRoom(Number.POSITIVE_INFINITY);
  await ship.run(3600);
  t.deepEqual(ship.running(), ['gauge 2.0.0']);
  t.is(ship.reports.at(-1)?.problem, undefined);
});

/** What worn flash does. */
function turnReadOnly(disk: SimDisk): void {
  const refuse = (path: string): never => {
    throw new DiskError('NOT_PERMITTED', path, 'read-only file system');
  };
  const { open } = disk;
  disk.open = (path, mode) => (mode === 'write' ? refuse(path) : open.call(disk, path, mode));
  disk.rename = disk.remove = disk.makeDirectory = refuse;
}

test('on a disk that has become read-only the last good deployment still runs, though one copy of it rotted', async (t) => {
  const ship = await proved();
  const { disk } = ship;
  ship.cutPower(keepAll);
  for (const name of ['.json', 'engine.a', 'ledger.b']) {
    const path = disk.allFiles().find((path) => path.startsWith('/state/') && path.endsWith(name));
    disk.flipBit(path!, 1234);
  }
  turnReadOnly(disk);
  t.true(ship.boot());
  ship.reports.length = 0;
  await ship.run(60);
  t.deepEqual(ship.running(), ['gauge 1.0.0']);
  t.is(ship.reports.at(-1)?.phase, 'active', 'and the shore hears of it');
  ship.want(ship.shore.desired(2, [gauge2]));
  await ship.run(60);
  t.like(ship.reports.at(-1)?.problem, { code: 'DISK_FAILING', sequence: 2 });
});

test('on a disk that has become read-only what is whole of the last good deployment runs, and the rest is not fetched in vain for ever', async (t) => {
  const ship = await proved();
  ship.want(ship.shore.desired(2, [gauge1, horn1]));
  await ship.run(60);
  ship.cutPower(keepAll);
  ship.disk.flipBit(`/state/sha256/${sha256(gauge1.bytes)}`, 1234);
  turnReadOnly(ship.disk);
  t.true(ship.boot());
  const before = ship.link.bytesDown;
  await ship.run(2 * 3600);
  t.deepEqual(ship.running(), ['horn 1.0.0']);
  t.true(ship.link.bytesDown - before < 2 * gauge1.bytes.length, `${ship.link.bytesDown - before} bytes`);
});
