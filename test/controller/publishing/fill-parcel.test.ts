/** What goes into a parcel, by what was published and what its device has. */
import test from 'ava';
import { fillParcel } from '../../../controller/publishing/fill-parcel.ts';
import { unpackParcel } from '../../../schemas/parcel.ts';
import { sha256Hex } from '../../../schemas/sha256.ts';

const bytesOf = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const metadata = (meta: object): Uint8Array => bytesOf({ signed: { meta } });

/** The names of what comes, for a device that has these. */
async function namesFor(
  has: readonly string[],
  releases: readonly string[],
  {
    more = {},
    damaged = '',
    bases = [],
  }: {
    readonly more?: Readonly<Record<string, Uint8Array>>;
    readonly damaged?: string;
    readonly bases?: readonly string[];
  } = {},
) {
  const files: Readonly<Record<string, Uint8Array>> = {
    'tuf/1.root.json': bytesOf({ root: 1 }),
    'tuf/timestamp.json': metadata({ 'snapshot.json': { version: 7 } }),
    'tuf/7.snapshot.json': metadata({
      ...{ 'targets.json': { version: 2 }, 'gauge.json': { version: 3 }, 'horn.json': { version: 1 } },
    }),
    'tuf/2.targets.json': bytesOf({ targets: 2 }),
    'tuf/3.gauge.json': bytesOf({ gauge: 3 }),
    'tuf/1.horn.json': bytesOf({ horn: 1 }),
    'releases/gauge/1.1.0.json': bytesOf({ ways: [] }),
    ...more,
  };
  const packed = await fillParcel(
    { has, releases, bases },
    { files: { read: async (file) => files[file] }, isRight: (file) => file !== damaged },
  );
  const held = has.map((name) => files[`tuf/${name}`] ?? new Uint8Array());
  return unpackParcel(packed, held)?.map(({ name, bytes }) => (bytes === undefined ? `no ${name}` : name));
}

test('a device that has nothing but its root gets all that decides about what it lacks', async (t) => {
  t.deepEqual(await namesFor(['1.root.json'], ['gauge/1.1.0']), [
    ...['no tuf/2.root.json', 'tuf/timestamp.json', 'tuf/7.snapshot.json', 'tuf/2.targets.json', 'tuf/3.gauge.json'],
    'releases/gauge/1.1.0.json',
  ]);
});

test('what the device has does not come again', async (t) => {
  const has = ['1.root.json', '2.targets.json', '7.snapshot.json', '2.gauge.json'];
  t.deepEqual(await namesFor(has, ['gauge/1.1.0']), [
    ...['no tuf/2.root.json', 'tuf/timestamp.json', 'tuf/3.gauge.json', 'releases/gauge/1.1.0.json'],
  ]);
});

test('of the deltas from modules that the device has the smallest comes along, unless it is long or damaged', async (t) => {
  const [base, other] = ['a', 'b'].map((digit) => digit.repeat(64)) as [string, string];
  const patch = (length: number): Uint8Array => new Uint8Array(length).fill(7);
  const blobs = [300, 200, 100, 4_097].map(patch);
  const way = (bytes: Uint8Array, from: string) => ({
    ...{ method: 'delta', base: from, sha256: sha256Hex(bytes), length: bytes.length },
  });
  const index = (...ways: readonly object[]) => {
    const release = { apiVersion: 'fleet/v1alpha1', kind: 'ReleaseIndex', name: 'gauge', version: '1.1.0' };
    return { 'releases/gauge/1.1.0.json': bytesOf({ ...release, sha256: base, length: 9, ways }) };
  };
  const [long, middle, short, tooLong] = blobs as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const files = Object.fromEntries(blobs.map((bytes) => [`sha256/${sha256Hex(bytes)}`, bytes]));
  const last = async (more: Readonly<Record<string, Uint8Array>>, bases: readonly string[]) =>
    (await namesFor(['1.root.json'], ['gauge/1.1.0'], { more, bases }))?.at(-1);
  const all = { ...files, ...index(way(long, base), way(middle, base), way(short, other), way(tooLong, base)) };
  t.is(await last(all, ['aaaaaaaa']), `sha256/${sha256Hex(middle)}`);
  t.is(await last(all, ['cccccccc']), 'releases/gauge/1.1.0.json');
  t.is(await last({ ...files, ...index(way(tooLong, base)) }, ['aaaaaaaa']), 'releases/gauge/1.1.0.json');
  const damaged = { ...all, [`sha256/${sha256Hex(middle)}`]: patch(199) };
  t.is(await last(damaged, ['aaaaaaaa']), 'releases/gauge/1.1.0.json');
});

test('a newer root comes along', async (t) => {
  const more = { 'tuf/2.root.json': bytesOf({ root: 2 }) };
  t.is((await namesFor(['1.root.json'], [], { more }))?.[0], 'tuf/2.root.json');
});

test('a root that is written another way on the device spoils nothing', async (t) => {
  const packed = await fillParcel(
    { has: ['1.root.json'], releases: [] },
    { files: { read: async () => bytesOf({ root: 1 }) }, isRight: () => true },
  );
  t.truthy(unpackParcel(packed, [new TextEncoder().encode('{ "root": 1 }')]));
});

test('what is damaged stays out, so that it is asked for by itself and mended', async (t) => {
  t.deepEqual(await namesFor(['1.root.json'], ['gauge/1.1.0'], { damaged: 'tuf/7.snapshot.json' }), [
    ...['no tuf/2.root.json', 'tuf/timestamp.json', 'releases/gauge/1.1.0.json'],
  ]);
});

test('a release that was not published is told as missing, and one without a role costs nothing else', async (t) => {
  const names = await namesFor(['1.root.json', '2.targets.json', '7.snapshot.json'], ['buoy/1.0.0']);
  t.deepEqual(names, ['no tuf/2.root.json', 'tuf/timestamp.json', 'no releases/buoy/1.0.0.json']);
});

test('whatever a device says that it has and lacks, no more is read than fits into a parcel or serves to pack it', async (t) => {
  const bytes = new Uint8Array(60_000);
  const read: string[] = [];
  const files = {
    read: async (file: string) => {
      read.push(file);
      return file === 'tuf/timestamp.json' ? bytesOf({}) : bytes;
    },
  };
  const has = Array.from({ length: 128 }, (_, n) => `${n + 1}.gauge.json`);
  const releases = Array.from({ length: 128 }, (_, n) => `gauge/1.${n}.0`);
  const packed = await fillParcel({ has, releases }, { files, isRight: () => true });
  t.deepEqual(read, [
    ...['tuf/timestamp.json', ...releases.slice(0, 5).map((release) => `releases/${release}.json`)],
    'tuf/128.gauge.json',
  ]);
  const held = has.map((name) => (name === '128.gauge.json' ? bytes : new Uint8Array()));
  t.is(unpackParcel(packed, held)?.length, 5);
});
