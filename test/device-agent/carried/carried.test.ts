/** A whole agent on simulated ports that is served by hand: what it takes of a bundle, and what it refuses. */
import test from 'ava';
import fc from 'fast-check';
import { openBundle } from '../../../device-agent/carried/open-bundle.ts';
import { DownloadError } from '../../../device-agent/download/download-error.ts';
import type { CarriedPlace } from '../../../device-agent/outbox/carried.ts';
import type { Disk } from '../../../platform/ports.ts';
import { proveMessages } from '../../../schemas/carried-messages.ts';
import type { CarriedMessages, DeployedLink, LinkCarries, Receipt } from '../../../schemas/generated/types.ts';
import { isReport } from '../../../schemas/generated/validators/report.js';
import { type MessageBatch, unpackBatch } from '../../../schemas/message-batch.ts';
import { proveReceipt } from '../../../schemas/receipt.ts';
import { keepAll } from '../../sim/disk-crash.ts';
import { bornDisk, Ship } from '../ship.ts';
import { dayMs, keyOf, Shore } from '../shore.ts';
import { gauge1, gauge2, horn1, proved } from '../update/proved-ship.ts';
import { apply, bundleOf, type Carried, plugIn, stick } from './carried-bundle.ts';

const update: Carried = { sequence: 2, apps: [gauge2, horn1] };

/** One that runs deployment 1 and has lost its link. */
async function dark(): Promise<Ship> {
  const ship = await proved();
  ship.link.set(false);
  return ship;
}

/** The code with which a bundle is refused. */
async function refusal(ship: Ship, bytes: Uint8Array): Promise<string | undefined> {
  const { kind, problem } = await apply(ship, bytes);
  return kind === 'refused' ? (problem as { code: string }).code : String(kind);
}

test('a device that never had a link runs what a bundle brings', async (t) => {
  const shore = new Shore('anna');
  for (const app of [gauge1, horn1]) shore.releaseWithBrotli(app);
  const ship = new Ship(shore, bornDisk(shore));
  ship.link.set(false);
  ship.boot();
  t.deepEqual(await apply(ship, bundleOf(shore, { sequence: 1, apps: [gauge1, horn1] })), {
    kind: 'brought',
    sequence: 1,
  });
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  t.is(ship.report.phase, 'active');
  t.is(shore.requests.length, 0);
});

test('a dark device is updated by a bundle within its lease, though metadata has expired since, and not after it', async (t) => {
  const ship = await dark();
  const { shore } = ship;
  const [bundle, late] = [bundleOf(shore, update), bundleOf(shore, { ...update, days: 10 })];
  await ship.run((20 * dayMs) / 1000);
  t.is(await refusal(ship, late), 'BUNDLE_STALE');
  t.is(ship.report.highestSequence, 1);
  t.deepEqual(await apply(ship, bundle), { kind: 'brought', sequence: 2 });
  t.deepEqual(ship.running(), ['gauge 2.0.0', 'horn 1.0.0']);
});

test('a clock that is set back makes no bundle young: the device keeps to the time that signed metadata has shown', async (t) => {
  const ship = await dark();
  const { shore } = ship;
  const early = bundleOf(shore, { ...update, days: 1 });
  shore.nowMs += 2 * dayMs;
  shore.publish();
  t.deepEqual(await apply(ship, bundleOf(shore, update)), { kind: 'brought', sequence: 2 });
  ship.skewMs = -400 * dayMs;
  t.is(await refusal(ship, early), 'BUNDLE_STALE');
});

test('what a device refuses of bundles it names, and what it had goes on', async (t) => {
  const ship = await dark();
  const { shore } = ship;
  const good = bundleOf(shore, update);
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ['BUNDLE_NONE', Buffer.from('a holiday photo, which is longer than the head of a bundle')],
    ['BUNDLE_NONE', new Uint8Array()],
    ['BUNDLE_PARTIAL', good.subarray(0, good.length - 1)],
    ['BUNDLE_PARTIAL', good.subarray(0, 100)],
    ['BUNDLE_DAMAGED', Buffer.concat([good, Buffer.of(0)])],
    ['BUNDLE_FOREIGN', bundleOf(shore, { ...update, devices: ['berta', 'clara'] })],
    ['WRONG_DEVICE', bundleOf(shore, { ...update, change: { device: 'berta' } })],
    ['BUNDLE_UNTRUSTED', bundleOf(shore, { ...update, key: keyOf('mallory') })],
    ['BUNDLE_UNTRUSTED', bundleOf(shore, { ...update, days: 91 })],
    ['METADATA_MISSING', bundleOf(shore, { ...update, without: (path) => path.startsWith('/tuf/') })],
    ['SEQUENCE_REUSED', bundleOf(shore, { sequence: 1, apps: [gauge2] })],
    ['known', bundleOf(shore, { sequence: 1, apps: [gauge1, horn1] })],
  ];
  for (const [code, bytes] of cases) t.is(await refusal(ship, bytes), code);
  t.deepEqual(await apply(ship, good), { kind: 'brought', sequence: 2 });
  t.is(await refusal(ship, bundleOf(shore, { sequence: 1, apps: [gauge1, horn1] })), 'SEQUENCE_REPLAYED');
  ship.disk.remove(stick);
  await ship.ask({ ask: 'apply', file: stick });
  await ship.run(5);
  t.like((await ship.ask({ ask: 'bundle' })).bundle, { kind: 'refused', problem: { code: 'BUNDLE_UNREADABLE' } });
  t.deepEqual(ship.running(), ['gauge 2.0.0', 'horn 1.0.0']);
});

test('a bundle of which any byte is another, or that ends anywhere, is refused whole', async (t) => {
  const ship = await dark();
  const good = bundleOf(ship.shore, update);
  const place = fc.nat(good.length - 1);
  await fc.assert(
    fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), fc.boolean(), async (at, flip, isCut) => {
      const bytes = Buffer.from(good);
      bytes[at]! ^= flip;
      const { kind } = await apply(ship, isCut ? good.subarray(0, at) : bytes, 2);
      t.is(kind, 'refused');
      t.is(ship.report.highestSequence, 1);
    }),
    { numRuns: 30 },
  );
});

test('a connected device takes from a bundle what it lacks, though it knows newer metadata, and nothing of it over the link', async (t) => {
  const ship = await proved();
  const { shore } = ship;
  const bundle = bundleOf(shore, update);
  shore.nowMs += dayMs;
  shore.publish();
  ship.want(shore.desired(2, [gaugeOf('not there yet')]));
  await ship.run(30);
  const asked = shore.requests.length;
  t.deepEqual(await apply(ship, bundleOf(shore, { ...update, sequence: 3 })), { kind: 'brought', sequence: 3 });
  t.deepEqual(ship.running(), ['gauge 2.0.0', 'horn 1.0.0']);
  t.is(shore.requests.length, asked);
  t.is(await refusal(ship, bundle), 'SEQUENCE_REPLAYED');
});

test('what waits for another link is taken from a bundle when it comes, for that takes nothing of any', async (t) => {
  const ship = await proved();
  const { shore } = ship;
  ship.surroundings.wayOut = 'sat0';
  const links: DeployedLink[] = [{ name: 'vsat', carries: ['control'] as unknown as LinkCarries, interface: 'sat*' }];
  const desired = { ...update, change: { links } };
  ship.want(shore.desired(2, [gauge2, horn1], desired.change));
  await ship.run(120);
  t.like(ship.report.waiting, { to: 'fetch' });
  t.deepEqual(await apply(ship, bundleOf(shore, desired)), { kind: 'brought', sequence: 2 });
  t.is(ship.report.running?.sequence, 2);
});

test('a bundle that lacks what a device needs is told and left, and the link brings the rest', async (t) => {
  const ship = await proved();
  const lacking = bundleOf(ship.shore, {
    ...update,
    without: (path) => path.includes('/releases/') || isModule(ship, path),
  });
  const { kind, problem } = await apply(ship, lacking);
  t.deepEqual([kind, (problem as { code: string }).code], ['refused', 'ARTIFACT_MISSING']);
  t.is(ship.report.running?.sequence, 2);
});

test('a bundle that is under way holds up no other for good, and a power cut no bundle', async (t) => {
  const ship = await dark();
  const { shore } = ship;
  plugIn(ship, bundleOf(shore, update));
  await ship.ask({ ask: 'apply', file: stick });
  t.is((await ship.ask({ ask: 'apply', file: stick })).code, 'BUNDLE_BUSY');
  ship.cutPower(keepAll);
  ship.boot();
  await ship.run(5);
  t.deepEqual((await ship.ask({ ask: 'bundle' })).bundle, { kind: 'none' });
  t.deepEqual(await apply(ship, bundleOf(shore, update)), { kind: 'brought', sequence: 2 });
});

test('a receipt is signed by the key of the device, and what travels over a link later is newer', async (t) => {
  const ship = await dark();
  const brought = async () => {
    const { kind, receipt } = await ship.ask({ ask: 'receipt' });
    t.is(kind, 'receipt');
    return proveReceipt(receipt as Receipt)!;
  };
  const [first, second] = [await brought(), await brought()];
  t.like(first, { device: 'anna', report: { phase: 'active', running: { sequence: 1 } } });
  t.true(isReport(first.report));
  ship.link.set(true);
  await ship.run(30);
  const counters = [first, second].map(({ report }) => Number(report.counter));
  t.true(counters[0]! < counters[1]! && counters[1]! < ship.reports.at(-1)!.counter);
});

test('of a bundle that nobody signed no more is read than tells so, and of what has no length nothing', async (t) => {
  const ship = await dark();
  const { shore } = ship;
  const long = Buffer.alloc(70_000, 7);
  shore.files = { ...shore.files, [`/sha256/${'7'.repeat(64)}`]: long };
  const wrong = (bytes: Buffer): Buffer => {
    bytes[bytes.indexOf(long)] = 8;
    return bytes;
  };
  t.is(await refusal(ship, wrong(bundleOf(shore, { ...update, key: keyOf('mallory') }))), 'BUNDLE_UNTRUSTED');
  t.is(await refusal(ship, wrong(bundleOf(shore, update))), 'BUNDLE_DAMAGED');
  const endless = {
    stat: () => ({ kind: 'file', bytes: 0 }),
    open: () => t.fail('it is read'),
  } as unknown as Disk;
  t.throws(() => openBundle(endless, '/proc/kmsg'), { message: /is no bundle/ });
});

test('what a stick does not give any more is no fault of the disk', async (t) => {
  const ship = await dark();
  plugIn(ship, bundleOf(ship.shore, update));
  using bundle = openBundle(ship.disk, stick);
  ship.disk.spoil(stick);
  const [file] = bundle.files.values();
  t.throws(() => [...bundle.pieces(file!, 0, file!.length)], { instanceOf: DownloadError, message: /can't read/ });
});

/** A release that nobody signed. */
function gaugeOf(version: string) {
  return { ...gauge2, version: version.replaceAll(' ', '-') };
}

function isModule({ shore }: Ship, path: string): boolean {
  return path.startsWith('/sha256/') && (shore.files[path]?.length ?? 0) > 4_000;
}

/** What a device has for the shore, in batches. */
async function carriedOf(ship: Ship) {
  const batches: MessageBatch[] = [];
  let after: unknown;
  for (;;) {
    const { carried } = await ship.ask({ ask: 'messages', ...(after === undefined ? {} : { after }) });
    if (carried === undefined) return batches;
    const { messages, place } = carried as { readonly messages: CarriedMessages; readonly place: CarriedPlace };
    batches.push(unpackBatch(proveMessages(messages)!.packed));
    after = place;
  }
}

test('what the shore has by a bundle a device carries no more, and its next receipt goes on behind it, over a power cut too', async (t) => {
  const ship = await dark();
  const { shore } = ship;
  for (let n = 0; n < 4; n += 1) {
    ship.cutPower(keepAll);
    ship.boot();
    await ship.run(120);
  }
  const all = await carriedOf(ship);
  const [first] = all;
  const own = { application: first!.application, channel: first!.channel, stream: first!.stream };
  t.is(own.application, 'fleet-agent');
  const { segment, index } = first!;
  t.true(first!.messages.length > 1);
  const marks = (...channels: readonly object[]) => ({ apiVersion: 'fleet/v1alpha1', kind: 'TakenMarks', channels });
  const current: Carried = { sequence: 1, apps: [gauge1, horn1] };
  const bring = (taken: object, change: Partial<Carried> = {}) =>
    apply(ship, bundleOf(shore, { ...current, ...change, taken }));
  // Of another stream, of what was never sent, of a channel that is not there: nothing.
  const wrong = marks(
    { ...own, stream: '0'.repeat(16), segment, index },
    { ...own, segment, index: 10_000 },
    { ...own, channel: 'nowhere', segment, index },
  );
  t.like(await bring(wrong), { kind: 'known' });
  t.is((await carriedOf(ship))[0]!.index, index);
  const own0 = { ...own, segment, index };
  t.like(await bring(marks(own0), { key: keyOf('mallory') }), { kind: 'refused' });
  t.like(await bring({ channels: [own0] }), { kind: 'refused', problem: { code: 'BUNDLE_DAMAGED' } });
  t.is((await carriedOf(ship))[0]!.index, index);
  t.like(await bring(marks(own0)), { kind: 'known' });
  t.is((await carriedOf(ship))[0]!.index, index + 1);
  // A bundle from before says what has been said.
  t.like(await bring(marks(own0), { sequence: 2, apps: [gauge2, horn1] }), { kind: 'brought' });
  ship.cutPower(keepAll);
  ship.boot();
  await ship.run(60);
  t.true((await carriedOf(ship))[0]!.index > index);
  t.like(await bring(marks({ ...own, segment, index: index + 1 })), { kind: 'refused' }, 'its deployment is too old');
  t.true((await carriedOf(ship))[0]!.index > index + 1, 'and the shore has what it says all the same');
});
