/** A whole agent on simulated ports whose deployments say that no update comes whole, or only after a yes. */
import test from 'ava';
import { encodeDelta } from '../../../artifact/delta/encode.ts';
import { keepAll, loseAll } from '../../sim/disk-crash.ts';
import { Ship } from '../ship.ts';
import { type AppWish, moduleBytes, Shore, sha256 } from '../shore.ts';

const never = { wholeModules: 'never' } as const;
const ask = { wholeModules: 'ask' } as const;

const first: AppWish = { name: 'gauge', version: '1.0.0', bytes: moduleBytes('gauge one', 60_000) };
const secondBytes = first.bytes.slice();
secondBytes.set([1, 2, 3, 4], 30_000);
const second: AppWish = { name: 'gauge', version: '2.0.0', bytes: secondBytes };
const patch = encodeDelta(first.bytes, second.bytes, { effort: 'fast' });
const delta = { method: 'delta', bytes: patch, base: sha256(first.bytes) } as const;
const horn: AppWish = { name: 'horn', version: '1.0.0', bytes: moduleBytes('horn one', 5_000) };

async function running(...apps: AppWish[]): Promise<Ship> {
  const shore = new Shore('anna');
  for (const app of apps) shore.releaseWithBrotli(app);
  const ship = new Ship(shore);
  ship.boot();
  ship.want(shore.desired(1, apps, never));
  await ship.run(60);
  return ship;
}

function askedFor(ship: Ship, { bytes }: Pick<AppWish, 'bytes'>): number {
  return ship.shore.requests.filter(({ url }) => url === `/sha256/${sha256(bytes)}`).length;
}

/** Nothing of the module came, in whatever form. */
function bytesOfBlobs(ship: Ship): number {
  return ship.shore.requests.filter(({ url }) => url.startsWith('/sha256/')).length;
}

test('what a device had nothing of before comes whole, whatever its fleet says of updates', async (t) => {
  const ship = await running(first);
  t.deepEqual(ship.running(), ['gauge 1.0.0']);
  ship.shore.releaseWithBrotli(horn);
  ship.want(ship.shore.desired(2, [first, horn], never));
  await ship.run(60);
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
});

test('an update that has a delta takes it', async (t) => {
  const ship = await running(first);
  ship.shore.releaseWithBrotli(second, [delta]);
  ship.want(ship.shore.desired(2, [second], never));
  await ship.run(60);
  t.deepEqual(ship.running(), ['gauge 2.0.0']);
  t.is(ship.report.downloads?.[0]?.method, 'delta');
});

test('an update without a delta stays away, over power cuts too, until there is one', async (t) => {
  const ship = await running(first);
  ship.shore.releaseWithBrotli(second);
  const before = bytesOfBlobs(ship);
  ship.want(ship.shore.desired(2, [second], never));
  await ship.run(60);
  t.is(ship.report.phase, 'fetching');
  t.like(ship.report.problem, { code: 'WHOLE_MODULE_REFUSED', sequence: 2 });
  t.regex(
    ship.report.problem!.message,
    /brings gauge 2\.0\.0 \(\d+ bytes whole\), and its fleet lets no update come whole/,
  );
  for (const fate of [loseAll, keepAll]) {
    ship.cutPower(fate);
    ship.boot();
    await ship.run(12 * 3600);
    t.deepEqual(ship.running(), ['gauge 1.0.0']);
    t.is(ship.report.problem?.code, 'WHOLE_MODULE_REFUSED');
  }
  t.is(bytesOfBlobs(ship), before, 'no form of it travelled');
  ship.shore.releaseWithBrotli(second, [delta]);
  await ship.run(2 * 3600);
  t.deepEqual(ship.running(), ['gauge 2.0.0']);
  t.is(ship.report.problem, undefined);
});

test('while it waits it asks no more than an index each hour', async (t) => {
  const ship = await running(first);
  ship.shore.releaseWithBrotli(second);
  ship.want(ship.shore.desired(2, [second], never));
  await ship.run(3 * 3600);
  const before = ship.shore.requests.length;
  await ship.run(24 * 3600);
  const asked = ship.shore.requests.slice(before).map(({ url }) => url);
  t.deepEqual([...new Set(asked)], ['/releases/gauge/2.0.0.json']);
  t.true(asked.length <= 50, `${asked.length} requests`);
});

test('a delta that does not unpack is followed by nothing larger', async (t) => {
  const ship = await running(first);
  const damaged = patch.slice();
  damaged[damaged.length - 9]! ^= 16;
  ship.shore.releaseWithBrotli(second, [{ ...delta, bytes: damaged }]);
  ship.want(ship.shore.desired(2, [second], never));
  await ship.run(3600);
  t.deepEqual(ship.running(), ['gauge 1.0.0']);
  t.is(ship.report.problem?.code, 'WHOLE_MODULE_REFUSED');
  t.is(askedFor(ship, second), 0);
  t.is(askedFor(ship, { bytes: damaged }), 1);
});

test('a server that is too busy for the delta again and again brings nothing larger', async (t) => {
  const ship = await running(first);
  ship.shore.releaseWithBrotli(second, [delta]);
  ship.shore.busy = (url) => (url === `/sha256/${sha256(patch)}` ? 503 : undefined);
  ship.want(ship.shore.desired(2, [second], never));
  await ship.run(3600);
  t.deepEqual(ship.running(), ['gauge 1.0.0']);
  t.is(ship.report.problem?.code, 'SERVER_BUSY');
  ship.shore.busy = () => undefined;
  await ship.run(2 * 3600);
  t.is(ship.report.downloads?.[0]?.method, 'delta');
});

test('a device that has not the memory for the delta waits for a yes, which is a deployment', async (t) => {
  const ship = await running(first);
  ship.shore.releaseWithBrotli(second, [delta]);
  ship.unpack = { memoryMegabytesMax: 1 };
  ship.cutPower(keepAll);
  ship.boot();
  ship.want(ship.shore.desired(2, [second], ask));
  await ship.run(3600);
  t.like(ship.report.problem, { code: 'WHOLE_MODULE_ASKED', sequence: 2 });
  t.deepEqual(ship.running(), ['gauge 1.0.0']);
  ship.want(ship.shore.desired(3, [second]));
  await ship.run(60);
  t.deepEqual(ship.running(), ['gauge 2.0.0']);
  t.is(ship.report.downloads?.[0]?.method, 'brotli');
  t.is(ship.report.problem, undefined);
});

test('a device whose links never carry a delta asks to take it whole, where one of them carries that', async (t) => {
  const ship = await running(first);
  ship.surroundings.wayOut = 'sat0';
  ship.shore.releaseWithBrotli(second, [delta]);
  const sat = { name: 'vsat', interface: 'sat*', carries: ['whole'] as ['whole'] };
  const port = { name: 'port', interface: 'eth*', carries: ['delta'] as ['delta'] };
  ship.want(ship.shore.desired(2, [second], { ...ask, links: [sat, port] }));
  await ship.run(2 * 3600);
  t.is(ship.report.problem?.code, 'LINK_CARRIES', 'there is another that does');
  ship.want(ship.shore.desired(3, [second], { ...ask, links: [sat] }));
  await ship.run(2 * 3600);
  t.like(ship.report.problem, { code: 'WHOLE_MODULE_ASKED', sequence: 3 });
  t.deepEqual([askedFor(ship, { bytes: patch }), askedFor(ship, second)], [0, 0]);
  ship.want(ship.shore.desired(4, [second], { links: [sat] }));
  await ship.run(2 * 3600);
  t.deepEqual(ship.running(), ['gauge 2.0.0']);
  t.is(ship.report.downloads?.[0]?.method, 'brotli');
});

test('before anything travels it is told what of an update has no delta', async (t) => {
  const ship = await running(first, horn);
  ship.shore.releaseWithBrotli(second, [delta]);
  const horn2: AppWish = { name: 'horn', version: '2.0.0', bytes: moduleBytes('horn two', 6_000) };
  ship.shore.releaseWithBrotli(horn2);
  ship.want(ship.shore.desired(2, [second, horn2], never));
  await ship.run(3600);
  t.regex(ship.report.problem!.message, /brings horn 2\.0\.0/);
  t.is(askedFor(ship, { bytes: patch }), 0);
});

test('a module that rotted comes again whole: it was installed once', async (t) => {
  const ship = await running(first);
  ship.disk.remove(`/state/sha256/${sha256(first.bytes)}`);
  ship.cutPower(keepAll);
  const before = bytesOfBlobs(ship);
  ship.boot();
  await ship.run(3600);
  t.deepEqual(ship.running(), ['gauge 1.0.0']);
  t.is(bytesOfBlobs(ship), before + 1);
});
