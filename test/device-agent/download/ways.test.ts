import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import test from 'ava';
import { encodeDelta } from '../../../artifact/delta/encode.ts';
import { nothing, nothingSha256 } from '../../../artifact/delta/from-nothing.ts';
import type { HttpResponse } from '../../../platform/ports.ts';
import { keepAll } from '../../sim/disk-crash.ts';
import { Ship } from '../ship.ts';
import { type AppWish, answer, moduleBytes, Shore, sha256, withSection } from '../shore.ts';

function edited(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy.set([1, 2, 3, 4], at);
  return copy;
}

const first: AppWish = { name: 'gauge', version: '1.0.0', bytes: moduleBytes('gauge one', 60_000) };
const second: AppWish = { name: 'gauge', version: '2.0.0', bytes: edited(first.bytes, 30_000) };
const patch = encodeDelta(first.bytes, second.bytes, { effort: 'fast' });
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

test('a device that has not the memory for a delta takes a larger form', async (t) => {
  const ship = await running(first);
  ship.shore.releaseWithBrotli(second, [deltaWay]);
  ship.unpack = { memoryMegabytesMax: 1 };
  ship.cutPower(keepAll);
  ship.boot();
  ship.want(ship.shore.desired(2, [second]));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 2);
  t.is(ship.report.downloads?.[0]?.method, 'brotli');
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

const lamp = join(
  import.meta.dirname,
  '../../../fleet-examples/harbor/apps/position-beacon/position-beacon-1.0.0.wasm',
);
const plain: AppWish = { name: 'lamp', version: '1.0.0', bytes: new Uint8Array(readFileSync(lamp)) };
const condensed = encodeDelta(nothing, plain.bytes);
const condensedWay = { method: 'delta', bytes: condensed, base: nothingSha256 } as const;

test('a device that has no module takes the delta from nothing, and says so', async (t) => {
  const ship = await running(first);
  ship.shore.releaseWithBrotli(plain, [condensedWay]);
  ship.want(ship.shore.desired(2, [plain]));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 2);
  const [download] = ship.report.downloads ?? [];
  t.is(download?.method, 'condensed');
  t.true(download!.bytes < condensed.length + 5_000, `${download!.bytes} bytes`);
});

test('a device that has not the memory or the time for a delta from nothing takes a larger form', async (t) => {
  for (const unpack of [{ memoryMegabytesMax: 8 }, { cpuSecondsMax: 0 }]) {
    const ship = await running(first);
    ship.shore.releaseWithBrotli(plain, [condensedWay]);
    ship.unpack = unpack;
    ship.cutPower(keepAll);
    ship.boot();
    ship.want(ship.shore.desired(2, [plain]));
    await ship.run(60);
    t.is(ship.report.running?.sequence, 2);
    t.not(ship.report.downloads?.[0]?.method, 'condensed');
  }
});

test('a damaged delta from nothing costs its bytes and falls back to another form', async (t) => {
  const ship = await running(first);
  const damaged = condensed.slice();
  damaged[damaged.length - 9]! ^= 16;
  ship.shore.releaseWithBrotli(plain, [{ ...condensedWay, bytes: damaged }]);
  ship.want(ship.shore.desired(2, [plain]));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 2);
  t.is(ship.report.downloads?.[0]?.method, 'brotli');
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

test('a delta that does not unpack is not fetched again when the link comes back', async (t) => {
  const ship = await running(first);
  const damaged = patch.slice();
  damaged[damaged.length - 9]! ^= 16;
  ship.shore.release(second, [{ ...deltaWay, bytes: damaged }]);
  ship.link.quality = { ...ship.link.quality, bytesPerSecond: 4_000 };
  ship.want(ship.shore.desired(2, [second]));
  await ship.run(10);
  t.is(ship.report.running?.sequence, 1);
  ship.link.set(false);
  await ship.run(60);
  ship.link.set(true);
  await ship.run(600);
  t.is(ship.report.running?.sequence, 2);
  t.is(ship.report.downloads?.[0]?.method, 'whole');
  const asked = ship.shore.requests.filter(({ url }) => url === `/sha256/${sha256(damaged)}`);
  t.is(asked.length, 1);
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

test('packed forms that all unpack to another module are tried once, however many there are', async (t) => {
  const ship = await running(first);
  const others = Array.from({ length: 5 }, (_, at) => brotliCompressSync(edited(second.bytes, 100 * at)));
  ship.shore.release(
    second,
    others.map((bytes) => ({ method: 'brotli', bytes })),
  );
  ship.want(ship.shore.desired(2, [second]));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 2);
  const asked = others.filter((bytes) => ship.shore.requests.some(({ url }) => url === `/sha256/${sha256(bytes)}`));
  t.is(asked.length, 1);
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

const page = Buffer.from('<html>Pay for an hour</html>');

const lies: readonly (readonly [string, () => HttpResponse, string])[] = [
  ['a portal with a page', () => answer(200, { 'content-type': 'text/html' }, page), 'PORTAL'],
  ['a portal that sends elsewhere', () => answer(302, { location: 'http://port/' }, page), 'PORTAL'],
  ['somebody who says no length and little else', () => answer(200, {}, page.subarray(0, 6)), 'FOREIGN_ANSWER'],
];

for (const [who, lie, code] of lies) {
  test(`${who} in place of a delta is told, and when that ends the delta comes and nothing larger`, async (t) => {
    const ship = await running(first);
    ship.shore.releaseWithBrotli(second, [deltaWay]);
    ship.shore.between = (url) => (url === `/sha256/${sha256(patch)}` ? lie() : undefined);
    ship.want(ship.shore.desired(2, [second]));
    await ship.run(300);
    t.is(ship.report.running?.sequence, 1);
    t.is(ship.report.problem?.code, code);
    ship.shore.between = () => undefined;
    await ship.run(1200);
    t.is(ship.report.running?.sequence, 2);
    t.is(ship.report.downloads?.[0]?.method, 'delta');
  });
}

test('a portal in place of everything is told as one, and counts as nothing of what it stands for', async (t) => {
  const ship = await running(first);
  ship.shore.releaseWithBrotli(second, [deltaWay]);
  ship.shore.between = () => answer(200, { 'content-type': 'text/html' }, page);
  ship.want(ship.shore.desired(2, [second]));
  await ship.run(7200);
  t.is(ship.report.problem?.code, 'PORTAL');
  ship.shore.between = () => undefined;
  await ship.run(1200);
  t.is(ship.report.running?.sequence, 2);
  t.is(ship.report.downloads?.[0]?.method, 'delta');
});

test('an index that came damaged is asked for again before anything larger than a delta is paid for', async (t) => {
  const ship = await running(first);
  ship.shore.releaseWithBrotli(second, [deltaWay]);
  let left = 2;
  const torn = Buffer.from('{"name":"gauge"');
  ship.shore.between = (url) =>
    url === '/releases/gauge/2.0.0.json' && left-- > 0 ? answer(200, {}, torn) : undefined;
  ship.want(ship.shore.desired(2, [second]));
  await ship.run(120);
  t.is(ship.report.running?.sequence, 2);
  t.is(ship.report.downloads?.[0]?.method, 'delta');
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

const longer: AppWish = {
  name: 'gauge',
  version: '2.0.0',
  bytes: withSection(first.bytes, moduleBytes('gauge two', 200_000)),
};
const longPatch = encodeDelta(first.bytes, longer.bytes);
const longDelta = { method: 'delta', bytes: longPatch, base: sha256(first.bytes) } as const;

test('a link that is cut in the middle of a delta goes on where it stopped', async (t) => {
  const ship = await running(first);
  ship.shore.release(longer, [longDelta]);
  ship.link.quality = { ...ship.link.quality, bytesPerSecond: 4_000 };
  ship.want(ship.shore.desired(2, [longer]));
  await ship.run(10);
  ship.link.set(false);
  t.is(ship.report.running?.sequence, 1);
  await ship.run(60);
  ship.link.set(true);
  await ship.run(120);
  t.is(ship.report.running?.sequence, 2);
  const asked = ship.shore.requests.filter(({ url }) => url === `/sha256/${sha256(longPatch)}`);
  t.is(asked.length, 2);
  t.regex(asked[1]!.headers.range ?? '', /^bytes=[1-9]\d*-$/);
  const [download] = ship.report.downloads ?? [];
  t.is(download?.method, 'delta');
  const most = longPatch.length + 5_000;
  t.true(download!.bytes < most, `${download!.bytes} bytes of a patch of ${longPatch.length}`);
});

/** The file of the module that the device runs. */
function moduleFile(ship: Ship, app: AppWish): string {
  const path = ship.disk.allFiles().find((one) => one.endsWith(`/${sha256(app.bytes)}`));
  if (path === undefined) throw new Error(`the device has no ${app.name}`);
  return path;
}

test('a device whose old module was taken away takes the whole one', async (t) => {
  const ship = await running(first);
  ship.shore.release(second, [deltaWay]);
  ship.disk.remove(moduleFile(ship, first));
  ship.want(ship.shore.desired(2, [second]));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 2);
  t.is(ship.report.downloads?.[0]?.method, 'whole');
});

test('a device whose old module goes, or rots, while the delta travels takes the whole one', async (t) => {
  for (const harm of ['goes', 'rots']) {
    const ship = await running(first);
    ship.shore.release(longer, [longDelta]);
    ship.link.quality = { ...ship.link.quality, bytesPerSecond: 4_000 };
    ship.want(ship.shore.desired(2, [longer]));
    await ship.run(10);
    const path = moduleFile(ship, first);
    if (harm === 'goes') ship.disk.remove(path);
    else {
      using file = ship.disk.open(path, 'write');
      file.write(20_000, Uint8Array.of(1, 2, 3, 4));
      file.sync();
    }
    await ship.run(300);
    t.is(ship.report.running?.sequence, 2, harm);
    const [download] = ship.report.downloads ?? [];
    t.is(download?.method, 'whole', harm);
    t.true(download!.bytes >= longer.bytes.length + longPatch.length, 'the delta’s bytes are told too');
  }
});

test('an index that was asked for before the delta was made is asked for again', async (t) => {
  const ship = await running(first);
  ship.shore.release(longer);
  ship.link.quality = { ...ship.link.quality, bytesPerSecond: 2_000 };
  ship.want(ship.shore.desired(2, [longer]));
  await ship.run(10);
  ship.link.set(false);
  ship.shore.release(longer, [longDelta]);
  await ship.run(1200);
  ship.link.set(true);
  await ship.run(600);
  t.is(ship.report.running?.sequence, 2);
  t.is(ship.report.downloads?.[0]?.method, 'delta');
});

/** A ship with the first release is to run the second, of a server that is too busy for a file so often. */
async function updating(path: string, times: number): Promise<Ship> {
  const ship = await running(first);
  ship.shore.releaseWithBrotli(second, [deltaWay]);
  let left = times;
  ship.shore.busy = (url) => (url === path && left-- > 0 ? 503 : undefined);
  ship.want(ship.shore.desired(2, [second]));
  return ship;
}

for (const path of ['/releases/gauge/2.0.0.json', `/sha256/${sha256(patch)}`]) {
  test(`a server that is too busy for ${path.slice(1, 9)} now is asked again when it asked to be, and no larger form is paid for`, async (t) => {
    const ship = await updating(path, 1);
    await ship.run(25);
    t.is(ship.report.running?.sequence, 1);
    t.is(ship.report.problem?.code, 'SERVER_BUSY');
    await ship.run(40);
    t.is(ship.report.running?.sequence, 2);
    t.is(ship.report.downloads?.[0]?.method, 'delta');
  });

  test(`an update does not hang on ${path.slice(1, 9)} that the server is always too busy for`, async (t) => {
    const ship = await updating(path, Number.POSITIVE_INFINITY);
    await ship.run(600);
    t.is(ship.report.running?.sequence, 2);
    t.not(ship.report.downloads?.[0]?.method, 'delta');
    t.is(ship.report.problem, undefined);
  });
}
