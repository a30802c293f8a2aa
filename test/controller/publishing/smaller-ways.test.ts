import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import fc from 'fast-check';
import { applyDelta } from '../../../artifact/delta/apply.ts';
import { nothingSha256 } from '../../../artifact/delta/from-nothing.ts';
import type { Catalogue, CataloguedRelease } from '../../../controller/manifests/desired.ts';
import { ArtifactStore } from '../../../controller/publishing/artifact-store.ts';
import { brotliAtOnce } from '../../../controller/publishing/compress.ts';
import { DirectoryFiles } from '../../../controller/publishing/files/directory-files.ts';
import { type Condense, deltaAtOnce, type MakeReleaseDelta } from '../../../controller/publishing/make-delta.ts';
import { deltaPairs, demandedDeltas } from '../../../controller/publishing/release-demand.ts';
import { SmallerWays } from '../../../controller/publishing/smaller-ways.ts';
import type { Log } from '../../../platform/ports.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import { sha256Hex } from '../../../schemas/sha256.ts';
import { SimDisk } from '../../sim/sim-disk.ts';

const silent: Log = { write: () => {} };
const random = new SimRandom(5);
const common = random.bytes(20_000);

/** Of everything, whatever a device has. */
const all = new Set(['crane/1', 'crane/2', 'crane/3', 'horn/1']);

/** A version of an application: the common bytes and some of its own. */
function version(name: string, number: number): { readonly release: CataloguedRelease; readonly bytes: Uint8Array } {
  const bytes = Uint8Array.from([...common, ...new TextEncoder().encode(`${name} ${number}`)]);
  return { release: { name, version: `${number}`, sha256: sha256Hex(bytes), length: bytes.length }, bytes };
}

async function shore(makeDelta: MakeReleaseDelta, disk = new SimDisk(), condense?: Condense) {
  const store = new ArtifactStore(new DirectoryFiles(disk, '/artifacts'));
  const versions = [1, 2, 3].map((number) => version('crane', number));
  for (const { release, bytes } of versions) await store.addRelease(release, bytes);
  const catalogue: Catalogue = new Map(versions.map(({ release }) => [`crane/${release.version}`, release]));
  const ways = new SmallerWays({
    store,
    compress: brotliAtOnce,
    makeDelta,
    log: silent,
    ...(condense && { condense }),
  });
  return { store, versions, catalogue, ways };
}

const nobody: ReadonlySet<string> = new Set();

/** Waits until all deltas from nothing are made, or can't be. */
async function condensed(ways: SmallerWays): Promise<void> {
  const isOpen = (): boolean => {
    const deltas = ways.deltasTo(['crane/2', 'crane/3'], nobody);
    return deltas === 'unknown' || deltas.open > 0;
  };
  while (isOpen()) await setImmediate();
}

test('a wanted release gets deltas from what devices hold and from its last predecessors, and they lead to it', async (t) => {
  const { store, versions, catalogue, ways } = await shore(deltaAtOnce);
  await ways.prepare(catalogue, { wanted: new Set(['crane/3']), held: new Set(['crane/1']) });
  const [first, , third] = versions;
  const index = (await store.index(third!.release))!;
  const way = index.ways.find(({ base }) => base === first!.release.sha256)!;
  t.is(way.method, 'delta');
  const fresh = applyDelta(
    first!.bytes,
    (await store.read(way.sha256))!,
    undefined,
    Buffer.from(third!.release.sha256, 'hex'),
  );
  t.deepEqual(Uint8Array.from(fresh), third!.bytes);
  t.is(index.ways[0]!.method, 'delta');
  t.false((await store.index(first!.release))!.ways.some(({ method }) => method === 'delta'));
});

test('a wanted release gets a delta from nothing where that is smaller than brotli, once, and it is kept while it is wanted', async (t) => {
  let made = 0;
  const small = Uint8Array.of(1, 2, 3);
  const { store, versions, catalogue, ways } = await shore(deltaAtOnce, new SimDisk(), async (fresh) => {
    made += 1;
    return sha256Hex(fresh) === versions[1]!.release.sha256 ? fresh : small;
  });
  const demand = { wanted: new Set(['crane/2', 'crane/3']), held: new Set<string>() };
  await ways.prepare(catalogue, demand);
  await condensed(ways);
  await ways.prepare(catalogue, demand);
  t.is(made, 2);
  const [first, second, third] = versions;
  const fromNothing = async ({ release }: (typeof versions)[0]) =>
    (await store.index(release))!.ways.find(({ base }) => base === nothingSha256);
  t.is(await fromNothing(first!), undefined);
  t.is(await fromNothing(second!), undefined, 'it is not smaller');
  t.deepEqual(await store.read((await fromNothing(third!))!.sha256), small);
  const releases = new Set(catalogue.keys());
  const collect = (deltas: ReadonlySet<string>): Promise<number> =>
    store.collect({ deltas, releases, blobs: new Set([nothingSha256]) });
  for (let look = 0; look < 3; look++) await collect(demandedDeltas(catalogue, demand));
  t.not(await fromNothing(third!), undefined);
  for (let look = 0; look < 3; look++) await collect(new Set());
  t.is(await fromNothing(third!), undefined);
});

test('no commit is held back for a delta from nothing: only who has nothing of the application waits for it', async (t) => {
  const condensing = Promise.withResolvers<Uint8Array>();
  const { catalogue, ways } = await shore(deltaAtOnce, new SimDisk(), () => condensing.promise);
  await ways.prepare(catalogue, { wanted: new Set(['crane/3']), held: new Set() });
  t.deepEqual(ways.deltasTo(['crane/3'], nobody), { all: 1, open: 1 });
  t.deepEqual(ways.deltasTo(['crane/3'], new Set(['horn/1'])), { all: 1, open: 1 });
  t.deepEqual(ways.deltasTo(['crane/3'], new Set(['crane/2'])), { all: 1, open: 0 });
  condensing.resolve(Uint8Array.of(1));
  await condensed(ways);
  t.deepEqual(ways.deltasTo(['crane/3'], nobody), { all: 1, open: 0 });
});

test('a delta from nothing makes room for what commits are held back for, and is begun again after it', async (t) => {
  const seen: string[] = [];
  const begun = Promise.withResolvers<void>();
  const makeDelta: MakeReleaseDelta = async (old, fresh, signal) => {
    seen.push('delta');
    return deltaAtOnce(old, fresh, signal);
  };
  const { store, versions, catalogue, ways } = await shore(makeDelta, new SimDisk(), async (_fresh, signal) => {
    seen.push('condensing');
    begun.resolve();
    return seen.length > 1 ? Uint8Array.of(1) : new Promise((_, reject) => signal.addEventListener('abort', reject));
  });
  const [first, , third] = versions;
  const alone: Catalogue = new Map([['crane/1', first!.release]]);
  await ways.prepare(alone, { wanted: new Set(['crane/1']), held: new Set() });
  await begun.promise;
  await ways.prepare(catalogue, { wanted: new Set(['crane/1', 'crane/3']), held: new Set() });
  await condensed(ways);
  t.deepEqual(seen, ['condensing', 'delta', 'delta', 'delta', 'delta', 'condensing', 'condensing']);
  t.true((await store.index(third!.release))!.ways.some(({ base }) => base === nothingSha256));
});

test('no delta is made twice, also after a restart, whatever came of it', async (t) => {
  let made = 0;
  const useless: MakeReleaseDelta = async (_old, fresh) => {
    made += 1;
    return fresh;
  };
  const disk = new SimDisk();
  const demand = { wanted: new Set(['crane/3']), held: new Set<string>() };
  const first = await shore(useless, disk);
  await first.ways.prepare(first.catalogue, demand);
  t.is(made, 2);
  await first.ways.prepare(first.catalogue, demand);
  const second = await shore(useless, disk);
  await second.ways.prepare(second.catalogue, demand);
  t.is(made, 2);
  t.false((await second.store.index(second.versions[2]!.release))!.ways.some(({ method }) => method === 'delta'));
});

test('how many deltas are still to be made is told as they are made, and of those that can not be nothing is waited for', async (t) => {
  const { versions, catalogue, ways } = await shore(async (old, fresh, signal) => {
    if (sha256Hex(old) === versions[0]!.release.sha256) throw new Error('no memory');
    return deltaAtOnce(old, fresh, signal);
  });
  const seen: unknown[] = [];
  ways.onDeltas = () => seen.push(ways.deltasTo(['crane/3', 'horn/1'], all));
  t.is(ways.deltasTo(['crane/3'], all), 'unknown', 'nothing was demanded yet');
  const prepared = ways.prepare(catalogue, { wanted: new Set(['crane/3']), held: new Set() });
  t.is(ways.deltasTo(['crane/3'], all), 'unknown', 'nobody has looked yet');
  await prepared;
  t.deepEqual(ways.deltasTo(['crane/3'], all), { all: 2, open: 0 });
  t.deepEqual(ways.deltasTo(['crane/3'], new Set(['crane/2', 'horn/1'])), { all: 1, open: 0 });
  t.deepEqual(ways.deltasTo(['crane/2'], all), { all: 0, open: 0 });
  t.deepEqual(
    [...new Set(seen.map((one) => JSON.stringify(one)))],
    [2, 1, 0].map((open) => JSON.stringify({ all: 2, open })),
  );
});

test('while artifacts can not be read nobody knows which deltas are missing', async (t) => {
  const { catalogue, ways, store } = await shore(deltaAtOnce);
  const demand = { wanted: new Set(['crane/3']), held: new Set<string>() };
  await ways.prepare(catalogue, demand);
  store.holds = () => Promise.reject(new Error('the bucket does not answer'));
  await ways.prepare(catalogue, demand);
  t.is(ways.deltasTo(['crane/3'], all), 'unknown');
});

test('a delta that can not be made is logged, and the others are made', async (t) => {
  const { store, versions, catalogue, ways } = await shore(async (old, fresh, signal) => {
    if (sha256Hex(old) === versions[0]!.release.sha256) throw new Error('no memory');
    return deltaAtOnce(old, fresh, signal);
  });
  await ways.prepare(catalogue, { wanted: new Set(['crane/3']), held: new Set() });
  const bases = (await store.index(versions[2]!.release))!.ways.flatMap(({ base }) => base ?? []);
  t.deepEqual(bases, [versions[1]!.release.sha256]);
});

test('stop() ends what is being made', async (t) => {
  const begun = Promise.withResolvers<void>();
  const { catalogue, ways } = await shore((_old, _fresh, signal) => {
    begun.resolve();
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  });
  const prepared = ways.prepare(catalogue, { wanted: new Set(['crane/3']), held: new Set() });
  await begun.promise;
  await ways.stop();
  await prepared;
  t.pass();
});

test('who waited once for a delta does not wait for it again, and it is made once', async (t) => {
  const gate = Promise.withResolvers<void>();
  let made = 0;
  const { store, versions, catalogue, ways } = await shore(async (old, fresh, signal) => {
    made += 1;
    await gate.promise;
    return deltaAtOnce(old, fresh, signal);
  });
  const demand = { wanted: new Set(['crane/3']), held: new Set<string>() };
  const first = ways.prepare(catalogue, demand);
  await ways.prepare(catalogue, demand);
  gate.resolve();
  await first;
  t.is(made, 2);
  t.is((await store.index(versions[2]!.release))!.ways.filter(({ method }) => method === 'delta').length, 2);
});

test('a newer demand takes the place of what was not begun', async (t) => {
  const gate = Promise.withResolvers<void>();
  const led: string[] = [];
  const { versions, catalogue, ways } = await shore(async (old, fresh, signal) => {
    led.push(versions.find(({ release }) => release.sha256 === sha256Hex(fresh))!.release.version);
    await gate.promise;
    return deltaAtOnce(old, fresh, signal);
  });
  const first = ways.prepare(catalogue, { wanted: new Set(['crane/2']), held: new Set() });
  while (led.length === 0) await setImmediate();
  const second = ways.prepare(catalogue, { wanted: new Set(['crane/3']), held: new Set() });
  // It takes effect once what it asks for is looked up.
  await setImmediate();
  gate.resolve();
  await Promise.all([first, second]);
  t.deepEqual(led, ['2', '3', '3']);
});

test('compressing that was of no use is not tried again', async (t) => {
  const disk = new SimDisk();
  const store = new ArtifactStore(new DirectoryFiles(disk, '/artifacts'));
  const bytes = random.bytes(5_000);
  const release = { name: 'noise', version: '1', sha256: sha256Hex(bytes), length: bytes.length };
  await store.addRelease(release, bytes);
  let compressed = 0;
  const compress = async (whole: Uint8Array) => {
    compressed += 1;
    return brotliAtOnce(whole);
  };
  const demand = { wanted: new Set<string>(), held: new Set<string>() };
  for (const life of [1, 2]) {
    await new SmallerWays({ store, compress, makeDelta: deltaAtOnce, log: silent }).prepare(
      new Map([['noise/1', release]]),
      demand,
    );
    t.is(compressed, 1, `life ${life}`);
  }
});

test('deltaPairs() leads only to wanted releases, from others of the same application, and never from too many', (t) => {
  const key = fc.tuple(fc.constantFrom('crane', 'buoy'), fc.nat(40)).map(([name, number]) => `${name}/${number}`);
  const keys = fc.uniqueArray(key, { maxLength: 60 });
  fc.assert(
    fc.property(keys, keys, keys, (all, wanted, held) => {
      const catalogue = new Map(
        all.map((one) => {
          const [name, number] = one.split('/') as [string, string];
          return [one, { name, version: number, sha256: `${name}${number}`, length: 1 }];
        }),
      );
      const pairs = deltaPairs(catalogue, { wanted: new Set(wanted), held: new Set(held) });
      for (const { base, release } of pairs) {
        t.true(wanted.includes(`${release.name}/${release.version}`));
        t.true(base.name === release.name && base.sha256 !== release.sha256);
      }
      for (const release of catalogue.values()) {
        t.true(pairs.filter((pair) => pair.release === release).length <= 12);
      }
    }),
  );
});
