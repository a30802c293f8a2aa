import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { encodeDelta } from '../../../artifact/delta/encode.ts';
import { nothing, nothingSha256 } from '../../../artifact/delta/from-nothing.ts';
import { ArtifactStore } from '../../../controller/publishing/artifact-store.ts';
import { brotliAtOnce } from '../../../controller/publishing/compress.ts';
import { type FormMakers, openPrices } from '../../../controller/publishing/fetch-price.ts';
import { DirectoryFiles } from '../../../controller/publishing/files/directory-files.ts';
import { condenseAtOnce, deltaAtOnce } from '../../../controller/publishing/make-delta.ts';
import { SmallerWays } from '../../../controller/publishing/smaller-ways.ts';
import { nodeDisk } from '../../../platform/node/disk.ts';
import { sha256Hex } from '../../../schemas/sha256.ts';

const apps = join(import.meta.dirname, '../../../fleet-examples/harbor/apps');

const makers: FormMakers = {
  compress: brotliAtOnce,
  makeDelta: async (old, fresh, effort) => encodeDelta(old, fresh, { effort }),
};

test('a delta is the price where the device has the release before, brotli where it has nothing', async (t) => {
  const [old, fresh] = ['1.0.0', '1.1.0'].map((version) =>
    readFileSync(join(apps, 'tide-logger', `tide-logger-${version}.wasm`)),
  );
  const modules = new Map([
    ['old', old!],
    ['fresh', fresh!],
  ]);
  let reads = 0;
  const priceOf = openPrices(
    async (sha256) => {
      reads += 1;
      return modules.get(sha256);
    },
    () => [],
    makers,
  );
  const release = { name: 'tide-logger', version: '1.1.0', sha256: 'fresh', length: fresh!.length };
  const byDelta = await priceOf({ release, bases: ['old'] });
  const byBrotli = await priceOf({ release, bases: [] });
  t.is(byDelta.method, 'delta');
  t.is(byBrotli.method, 'brotli');
  t.true(byDelta.bytes < byBrotli.bytes / 10 && byBrotli.bytes < fresh!.length);
  const before = reads;
  t.deepEqual(await priceOf({ release, bases: ['old'] }), byDelta);
  t.is(reads, before, 'the same fetch is priced once');
  t.is((await priceOf({ release: { ...release, sha256: 'gone' }, bases: [] })).method, 'whole');
});

test('who has nothing pays for a delta from nothing, which is made where it can be the smallest and of no large module', async (t) => {
  const tide = readFileSync(join(apps, 'tide-logger', 'tide-logger-1.1.0.wasm'));
  const large = new Uint8Array(300 * 1024);
  const modules = new Map([
    ['old', readFileSync(join(apps, 'tide-logger', 'tide-logger-1.0.0.wasm'))],
    ['tide', tide],
    ['large', large],
  ]);
  let made = 0;
  const condense = async (fresh: Uint8Array): Promise<Uint8Array> => {
    made += 1;
    return encodeDelta(nothing, fresh);
  };
  const priceOf = openPrices(
    async (sha256) => modules.get(sha256),
    () => [],
    { ...makers, condense },
  );
  const release = { name: 'tide-logger', version: '1.1.0', sha256: 'tide', length: tide.length };
  const price = await priceOf({ release, bases: [] });
  t.is(price.method, 'condensed');
  t.is(price.bytes, encodeDelta(nothing, tide).length);
  t.is(price.atMost, undefined);
  t.is((await priceOf({ release, bases: ['old'] })).method, 'delta');
  t.is((await priceOf({ release: { ...release, sha256: 'large', length: large.length }, bases: [] })).atMost, true);
  t.is(made, 1);
});

test('the price of a fetch is what the artifact store serves for it, index included', async (t) => {
  const modules = ['1.0.0', '1.1.0'].map((version) => {
    const bytes = readFileSync(join(apps, 'position-beacon', `position-beacon-${version}.wasm`));
    return { release: { name: 'position-beacon', version, sha256: sha256Hex(bytes), length: bytes.length }, bytes };
  });
  const directory = mkdtempSync(join(tmpdir(), 'fleet-price-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const store = new ArtifactStore(new DirectoryFiles(nodeDisk, directory));
  for (const { release, bytes } of modules) await store.addRelease(release, bytes);
  const catalogue = new Map(modules.map(({ release }) => [`${release.name}/${release.version}`, release]));
  const log = { write: () => {} };
  const parts = { compress: brotliAtOnce, makeDelta: deltaAtOnce, condense: condenseAtOnce };
  const ways = new SmallerWays({ store, ...parts, log });
  const isMade = new Promise<void>((resolve) => {
    ways.onDeltas = () => {
      const deltas = ways.deltasTo([...catalogue.keys()], new Set());
      if (deltas !== 'unknown' && deltas.open === 0) resolve();
    };
  });
  await ways.prepare(catalogue, { wanted: new Set(catalogue.keys()), held: new Set() });
  await isMade;
  const [{ release: old }, { release: fresh }] = modules as [(typeof modules)[0], (typeof modules)[0]];
  const priceOf = openPrices(
    async (sha256) => modules.find(({ release }) => release.sha256 === sha256)?.bytes,
    () => [old.sha256],
    ways.makers,
  );
  for (const bases of [[old.sha256], []]) {
    const price = await priceOf({ release: fresh, bases });
    const from = bases[0] ?? nothingSha256;
    const way = (await store.index(fresh))?.ways.find(({ base }) => base === from);
    t.is(price.method, bases.length === 0 ? 'condensed' : 'delta');
    t.is(price.bytes, way?.length ?? -1);
    const served = readFileSync(`${directory}/releases/position-beacon/1.1.0.json`).length;
    // Of a delta that was not made for the plan the number of digits is not known.
    t.true(price.index >= served && price.index <= served + 3, `${price.index} for ${served}`);
  }
});

test('the price of a large module is said to be a bound, and too large ones cost a plan no time', async (t) => {
  const old = new Uint8Array(600 * 1024).fill(7);
  const huge = new Uint8Array(5 * 1024 * 1024);
  const modules = new Map([
    ['old', old],
    ['fresh', Uint8Array.from([...old, 1])],
    ['huge', huge],
  ]);
  const priceOf = openPrices(
    async (sha256) => modules.get(sha256),
    () => [],
    makers,
  );
  const release = (sha256: string) => ({ name: 'a', version: '1', sha256, length: modules.get(sha256)!.length });
  const large = await priceOf({ release: release('fresh'), bases: ['old'] });
  t.true(large.atMost);
  t.true(large.bytes < 200);
  const tooLarge = await priceOf({ release: release('huge'), bases: ['old'] });
  t.is(tooLarge.method, 'brotli');
  t.true(tooLarge.atMost);
  t.is((await priceOf({ release: release('fresh'), bases: [] })).atMost, undefined);
});

test('prices are worked out one after the other, so that a budget ends at the same module wherever they are', async (t) => {
  let [running, most] = [0, 0];
  const slowly = async (bytes: Uint8Array): Promise<Uint8Array> => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return bytes;
  };
  const priceOf = openPrices(
    async (sha256) => new TextEncoder().encode(sha256),
    () => [],
    { compress: slowly, makeDelta: (_old, fresh) => slowly(fresh) },
  );
  const lacked = ['a', 'b', 'c'].map((sha256) => ({
    release: { name: sha256, version: '1', sha256, length: 1 },
    bases: ['d'],
  }));
  t.is((await Promise.all(lacked.map(priceOf))).length, 3);
  t.is(most, 1);
});

test('a delta that can not be made is no price, and makes the price a bound', async (t) => {
  const priceOf = openPrices(
    async () => new Uint8Array(100),
    () => [],
    { compress: brotliAtOnce, makeDelta: () => Promise.reject(new Error('its thread ended')) },
  );
  const price = await priceOf({ release: { name: 'a', version: '1', sha256: 'a', length: 100 }, bases: ['b'] });
  t.is(price.method, 'brotli');
  t.true(price.atMost);
});
