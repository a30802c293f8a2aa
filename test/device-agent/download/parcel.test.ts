/** Updates whose metadata and indexes come in one answer. */
import test from 'ava';
import { encodeDelta } from '../../../artifact/delta/encode.ts';
import { orderParcel } from '../../../device-agent/download/parcel.ts';
import { type HttpResponse, type Network, NetworkError } from '../../../platform/ports.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { packParcel } from '../../../schemas/parcel.ts';
import { Ship } from '../ship.ts';
import { answer, moduleBytes, Shore, sha256 } from '../shore.ts';

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

/** The first module with a number changed, and the delta between the two. */
function nearby() {
  const { bytes: old } = gauges[0]!;
  const bytes = Uint8Array.from(old);
  bytes[bytes.length - 1]! ^= 1;
  return { app: { name: 'gauge', version: '2.0.0', bytes }, base: sha256(old), delta: encodeDelta(old, bytes) };
}

test('a small delta from what the device has comes along, and nothing else is asked for', async (t) => {
  const { ship, shore, update } = await scene(() => true);
  await update(1);
  const { app, base, delta } = nearby();
  shore.release(app, [{ method: 'delta', bytes: delta, base }]);
  const before = shore.requests.length;
  ship.want(shore.desired(2, [app]));
  await ship.run(60);
  t.deepEqual(
    shore.requests.slice(before).map(({ url }) => url),
    ['/parcel'],
  );
  t.is(ship.report.running?.sequence, 2);
  t.like(ship.report.downloads?.[0], { method: 'delta', bytes: delta.length });
});

test('over a session that is there nothing else is asked for, by nobody', async (t) => {
  const { ship, shore, update } = await scene(() => true);
  await update(1);
  shore.fillsOrders = true;
  const { app, base, delta } = nearby();
  shore.release(app, [{ method: 'delta', bytes: delta, base }]);
  const [requests, bytes] = [shore.requests.length, ship.report.bytesReceivedTotal];
  ship.want(shore.desired(2, [app]));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 2);
  t.is(shore.requests.length, requests);
  t.true(ship.report.bytesReceivedTotal! > bytes!, 'what came is counted');
  t.like(shore.orders, { 0: { releases: ['gauge/2.0.0'], bases: [base.slice(0, 8)] }, length: 1 });
});

test('what came over the session as no parcel is asked for by HTTPS', async (t) => {
  const { ship, shore, update } = await scene(() => true);
  shore.fillsOrders = true;
  shore.onOrder = (packed) => packed.toReversed();
  t.deepEqual((await update(1)).slice(-2), ['/parcel', '/sha256']);
  t.is(ship.report.running?.sequence, 1);
});

test('a delta that came along as something else is asked for by itself', async (t) => {
  const { ship, shore, update } = await scene(() => true);
  await update(1);
  const { app, base, delta } = nearby();
  shore.release(app, [{ method: 'delta', bytes: delta, base }]);
  const blob = `sha256/${sha256(delta)}`;
  shore.onParcel = () => {
    const files = Object.entries(shore.files).map(([path, bytes]) => ({ name: path.slice(1), bytes }));
    const lies = files.map(({ name, bytes }) =>
      name === blob ? { name, bytes: bytes.toReversed() } : { name, bytes },
    );
    const { has } = JSON.parse(Buffer.from(shore.requests.at(-1)!.body!).toString('utf8'));
    const packed = packParcel(
      lies,
      has.map(() => undefined),
    );
    return { status: 200, headers: {}, body: body([packed], async () => {}) };
  };
  const before = shore.requests.length;
  ship.want(shore.desired(2, [app]));
  await ship.run(60);
  t.deepEqual(
    shore.requests.slice(before).map(({ url }) => url),
    ['/parcel', '/tuf/2.root.json', `/${blob}`],
  );
  t.is(ship.report.running?.sequence, 2);
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

/** Says nothing, until whoever asks gives up. */
function silence(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new NetworkError('ABORTED', 'aborted')));
  });
}

async function* body(pieces: readonly Uint8Array[], end: () => Promise<void>): AsyncGenerator<Uint8Array> {
  yield* pieces;
  await end();
}

test('a parcel that hangs holds up the update for half a minute, and the next one is asked for file by file', async (t) => {
  const { ship, shore, update } = await scene(() => true);
  await update(1);
  shore.onParcel = (_packed, signal) => silence(signal);
  shore.busy = (url) => (url.startsWith('/sha256') ? 503 : undefined);
  const [first] = await update(2);
  t.is(first, '/parcel');
  shore.busy = () => undefined;
  const before = shore.requests.length;
  await ship.run(300);
  t.is(ship.report.running?.sequence, 2);
  t.false(shore.requests.slice(before).some(({ url }) => url === '/parcel'));
  t.false((await update(3)).includes('/parcel'), 'nor for the next deployment');
  shore.onParcel = (packed) => answer(200, {}, packed);
  await ship.run(3600);
  shore.release(gauge('4.0.0'));
  ship.want(shore.desired(4, [gauge('4.0.0')]));
  await ship.run(60);
  t.deepEqual(
    shore.requests.slice(-2).map(({ url }) => url.slice(0, 7)),
    ['/parcel', '/sha256'],
    'an hour later it is',
  );
});

test('of a parcel that breaks off, what came whole is not asked for again', async (t) => {
  const { ship, shore, update } = await scene(() => true);
  await update(1);
  shore.release(gauge('4.0.0'));
  shore.onParcel = (packed) => {
    const cut = async (): Promise<void> => {
      throw new NetworkError('CUT', 'the connection broke');
    };
    return { status: 200, headers: {}, body: body([packed.subarray(0, packed.length - 1)], cut) };
  };
  const urls = await update(2);
  t.is(ship.report.running?.sequence, 2);
  t.false(urls.includes('/tuf/timestamp.json') || urls.some((url) => url.endsWith('.snapshot.json')), urls.join(' '));
});

test('a parcel that comes drop by drop ends after ten minutes with what came whole; a link that is gone is told', async (t) => {
  const time = new SimTime(0);
  const clock = time.clock({ alive: true });
  const packed = packParcel([{ name: 'tuf/timestamp.json', bytes: Buffer.from('{}') }], []);
  async function* drops(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    yield packed;
    for (let count = 0; count < 100 && !signal.aborted; count += 1) {
      await clock.sleep(20_000, signal).catch(() => {});
      yield new Uint8Array();
    }
    if (signal.aborted) throw new NetworkError('ABORTED', 'aborted');
  }
  const asked = { server: 'https://shore', has: new Map(), releases: [], modules: [] };
  const order = (network: Network) =>
    orderParcel({ network, clock, countBytes: () => {} }, asked, new AbortController().signal);
  const response = (signal: AbortSignal): HttpResponse => ({ status: 200, headers: {}, body: drops(signal) });
  const delivery = order({ request: async (_request, signal) => response(signal) });
  await time.runUntil(11 * 60_000);
  const { parcel, isHung } = await delivery;
  t.true(isHung);
  t.deepEqual(parcel.take('tuf/timestamp.json')?.bytes, Uint8Array.from(Buffer.from('{}')));
  const gone = order({ request: () => Promise.reject(new NetworkError('UNREACHABLE', 'no route')) });
  await t.throwsAsync(gone, { instanceOf: NetworkError });
});
