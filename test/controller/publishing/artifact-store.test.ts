import test from 'ava';
import { deploymentPayloadType, openEnvelope } from '../../../artifact/trust/dsse.ts';
import { ArtifactStore, deltaKey } from '../../../controller/publishing/artifact-store.ts';
import { readControllerKeys } from '../../../controller/publishing/authoring/key-files.ts';
import { removeRelease } from '../../../controller/publishing/authoring/remove-release.ts';
import { readWorkFile, type WorkTree, writeWorkFile } from '../../../controller/publishing/authoring/work-tree.ts';
import { brotliAtOnce } from '../../../controller/publishing/compress.ts';
import { DirectoryFiles } from '../../../controller/publishing/files/directory-files.ts';
import { deltaAtOnce } from '../../../controller/publishing/make-delta.ts';
import { RepositoryPublisher } from '../../../controller/publishing/publisher.ts';
import { signDeployment } from '../../../controller/publishing/sign-deployment.ts';
import { SmallerWays } from '../../../controller/publishing/smaller-ways.ts';
import { DiskError, type Log } from '../../../platform/ports.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import type { Deployment } from '../../../schemas/generated/types.ts';
import { isReleaseIndex } from '../../../schemas/generated/validators/release-index.js';
import { sha256Hex } from '../../../schemas/sha256.ts';
import { SimDisk } from '../../sim/sim-disk.ts';
import { moduleOf, newTree, now, onlineOf, release, trustOf } from './repository.ts';

const noDemand = { wanted: new Set<string>(), held: new Set<string>() };
const silent: Log = { write: () => {} };

function publisherOf(tree: WorkTree, disk: SimDisk) {
  const store = new ArtifactStore(new DirectoryFiles(disk, '/state/artifacts'));
  const online = onlineOf(tree, disk);
  const publisher = new RepositoryPublisher({
    clock: new SimTime(now).clock({ alive: true }),
    store,
    online,
    ways: new SmallerWays({ store, compress: brotliAtOnce, makeDelta: deltaAtOnce, log: silent }),
  });
  const prefix = `${tree.directory}/`;
  const paths = (tree.disk as SimDisk).allFiles().filter((path) => path.startsWith(prefix));
  const files = new Map(paths.map((path) => [path.slice(prefix.length), path]));
  const readBlob = async (id: string) => tree.disk.readFile(id);
  return { store, publisher, files, readBlob };
}

test('a revision’s releases become blobs and indexes, whole first and smaller soon after', async (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1, 5000));
  const { store, publisher, files, readBlob } = publisherOf(tree, new SimDisk());
  const { catalogue, problems } = await publisher.judge({ files, trustFiles: files }, readBlob);
  t.deepEqual(problems, []);
  await publisher.publish({ files, trustFiles: files }, catalogue, readBlob, noDemand);
  const entry = catalogue.get('crane/1.0.0')!;
  t.deepEqual(await store.read(entry.sha256), moduleOf(1, 5000));
  const index = (await store.index(entry))!;
  t.true(isReleaseIndex(index));
  t.deepEqual(
    index.ways.map(({ method }) => method),
    ['brotli', 'whole'],
  );
  t.true(index.ways[0]!.length < 100);
  t.true(await store.has(index.ways[0]!.sha256));
});

test('a release file that is missing, or has a flipped bit, is a problem of the revision', async (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  release(tree, 'crane', '1.1.0', moduleOf(2));
  release(tree, 'crane', '1.2.0', moduleOf(3));
  tree.disk.remove('/fleet/releases/crane/1.0.0.wasm');
  tree.disk.flipBit('/fleet/releases/crane/1.1.0.wasm', 99);
  writeWorkFile(tree, 'releases/crane/1.2.0.wasm', moduleOf(3, 1));
  const { publisher, files, readBlob } = publisherOf(tree, new SimDisk());
  const { problems } = await publisher.judge({ files, trustFiles: files }, readBlob);
  t.deepEqual(
    problems.map(({ file, code }) => [file, code]),
    [
      ['releases/crane/1.0.0.wasm', 'RELEASE_FILE_MISSING'],
      ['releases/crane/1.1.0.wasm', 'RELEASE_HASH_MISMATCH'],
      ['releases/crane/1.2.0.wasm', 'RELEASE_LENGTH_MISMATCH'],
    ],
  );
});

test('a pointer of Git LFS in the place of a release is named as what it is, with the way out', async (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`;
  writeWorkFile(tree, 'releases/crane/1.0.0.wasm', new TextEncoder().encode(pointer));
  const { publisher, files, readBlob } = publisherOf(tree, new SimDisk());
  const { problems } = await publisher.judge({ files, trustFiles: files }, readBlob);
  t.like(problems[0], { file: 'releases/crane/1.0.0.wasm', code: 'LFS_POINTER' });
  t.regex(problems[0]!.message, /^crane 1\.0\.0 is signed, .*git lfs untrack/);
});

test('what signed files say is read without a look at all files, whose pages may not have been read', async (t) => {
  const tree = newTree();
  const { publisher, files, readBlob } = publisherOf(tree, new SimDisk());
  const unread = new Map();
  unread.get = () => t.fail();
  const { problems } = await publisher.judge({ files: unread, trustFiles: files }, readBlob);
  t.deepEqual(problems, []);
});

test('a release whose blob is in the store needs no file in the repository', async (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  const disk = new SimDisk();
  const { store } = publisherOf(tree, disk);
  await store.put(moduleOf(1));
  tree.disk.remove('/fleet/releases/crane/1.0.0.wasm');
  const { publisher, files, readBlob } = publisherOf(tree, disk);
  const { catalogue, problems } = await publisher.judge({ files, trustFiles: files }, readBlob);
  t.deepEqual(problems, []);
  await publisher.publish({ files, trustFiles: files }, catalogue, readBlob, noDemand);
  const ways = (await store.index({ name: 'crane', version: '1.0.0' }))?.ways ?? [];
  t.true(ways.some(({ method }) => method === 'whole'));
});

test('a release is read and hashed at the commit that brings it, and never again', async (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  release(tree, 'buoy', '1.0.0', moduleOf(2));
  const disk = new SimDisk();
  const reads: string[] = [];
  const watched = (path: string) => {
    reads.push(path);
    return SimDisk.prototype.readFile.call(disk, path);
  };
  disk.readFile = watched;
  const { publisher, files, readBlob } = publisherOf(tree, disk);
  const commit = async (more: ReadonlyMap<string, string>) => {
    reads.length = 0;
    const blobs: string[] = [];
    const readOne = async (id: string) => {
      blobs.push(id);
      return readBlob(id);
    };
    const { catalogue, problems } = await publisher.judge({ files: more, trustFiles: more }, readOne);
    t.deepEqual(problems, []);
    await publisher.publish({ files: more, trustFiles: more }, catalogue, readOne, noDemand);
    return blobs;
  };
  t.true((await commit(files)).includes('/fleet/releases/crane/1.0.0.wasm'));
  const blobs = await commit(new Map([...files, ['devices/one.yaml', '/fleet/.gitignore']]));
  t.deepEqual(blobs, [], 'no blob of the repository');
  t.deepEqual(
    reads.filter((path) => path.startsWith('/state/artifacts/releases/')),
    [],
    'no index',
  );
  const modules = [moduleOf(1), moduleOf(2)].map((bytes) => `/state/artifacts/sha256/${sha256Hex(bytes)}`);
  t.deepEqual(
    reads.filter((path) => modules.includes(path)),
    [],
    'no module',
  );
});

test('addWay() takes each way once, and only when it is smaller than the whole', async (t) => {
  const store = new ArtifactStore(new DirectoryFiles(new SimDisk(), '/store'));
  const bytes = moduleOf(1, 100);
  const crane = { name: 'crane', version: '2.0.0' };
  const base = 'ab'.repeat(32);
  t.false(await store.addWay(crane, { method: 'delta', base }, bytes.slice(0, 9)));
  await store.addRelease({ ...crane, length: bytes.length, sha256: '' }, bytes);
  t.true(await store.addWay(crane, { method: 'delta', base }, bytes.slice(0, 9)));
  t.false(await store.addWay(crane, { method: 'delta', base }, bytes.slice(0, 8)));
  t.false(await store.addWay(crane, { method: 'brotli' }, moduleOf(2, 100)));
  t.deepEqual(
    (await store.index(crane))?.ways.map(({ method, length }) => [method, length]),
    [
      ['delta', 9],
      ['whole', bytes.length],
    ],
  );
});

test('a release whose index is lost has its smaller ways made again', async (t) => {
  const files = new DirectoryFiles(new SimDisk(), '/store');
  const bytes = moduleOf(1, 100);
  const crane = { name: 'crane', version: '1', sha256: sha256Hex(bytes), length: bytes.length };
  const base = 'b'.repeat(64);
  const store = new ArtifactStore(files);
  await store.addRelease(crane, bytes);
  await store.addWay(crane, { method: 'delta', base }, Uint8Array.of(1, 2));
  await store.markTried(base, crane.sha256);
  await store.markTried(crane.sha256, base);
  const again = new ArtifactStore(files);
  await again.addRelease(crane, bytes);
  t.true(await again.wasTried(base, crane.sha256), 'its index is there');
  await files.write('releases/crane/1.json', new TextEncoder().encode('garbage'));
  const after = new ArtifactStore(files);
  await after.addRelease(crane, bytes);
  t.false(await after.wasTried(base, crane.sha256));
  t.true(await after.wasTried(crane.sha256, base), 'of the other one');
});

test('collect() removes what nobody needed twice in a row, and never what somebody needs', async (t) => {
  const removed: string[] = [];
  class Watched extends DirectoryFiles {
    override async remove(file: string): Promise<void> {
      removed.push(file.split('/', 1)[0]!);
      await super.remove(file);
    }
  }
  const store = new ArtifactStore(new Watched(new SimDisk(), '/store'));
  const [old, kept] = [moduleOf(1, 50), moduleOf(2, 50)];
  const add = async (version: string, bytes: Uint8Array) =>
    await store.addRelease({ name: 'crane', version, length: bytes.length, sha256: '' }, bytes);
  await add('1.0.0', old);
  await add('2.0.0', kept);
  const envelope = await store.put(Buffer.from('an envelope'));
  const deltas = new Set<string>();
  const needed = { releases: new Set(['crane/2.0.0']), blobs: new Set([envelope.sha256]), deltas };
  t.is(await store.collect({ ...needed, releases: new Set(['crane/1.0.0', 'crane/2.0.0']) }), 0);
  t.is(await store.collect(needed), 0);
  t.not(await store.index({ name: 'crane', version: '1.0.0' }), undefined);
  t.is(await store.collect(needed), 2);
  t.deepEqual(removed, ['releases', 'sha256'], 'no index ever names what is gone');
  t.is(await store.index({ name: 'crane', version: '1.0.0' }), undefined);
  t.deepEqual(await store.read((await store.index({ name: 'crane', version: '2.0.0' }))!.sha256), kept);
  t.true(await store.has(envelope.sha256));
});

test('collect() takes deltas that nobody demands out of the index first, and their blobs later', async (t) => {
  const store = new ArtifactStore(new DirectoryFiles(new SimDisk(), '/store'));
  const add = async (version: string, bytes: Uint8Array) => {
    const release = { name: 'crane', version, length: bytes.length, sha256: sha256Hex(bytes) };
    await store.addRelease(release, bytes);
    return release;
  };
  const [first, second, third] = [
    await add('1', moduleOf(1, 50)),
    await add('2', moduleOf(2, 50)),
    await add('3', moduleOf(3, 50)),
  ];
  const patches: string[] = [];
  for (const [at, base] of [first, second].entries()) {
    const patch = Uint8Array.of(at);
    await store.addWay(third, { method: 'delta', base: base.sha256 }, patch);
    await store.markTried(base.sha256, third.sha256);
    patches.push(sha256Hex(patch));
  }
  const needed = {
    releases: new Set(['crane/1', 'crane/2', 'crane/3']),
    blobs: new Set<string>(),
    deltas: new Set([deltaKey(second.sha256, third.sha256)]),
  };
  const bases = async () => (await store.index(third))!.ways.flatMap(({ base }) => base ?? []);
  await store.collect(needed);
  t.is((await bases()).length, 2);
  await store.collect(needed);
  t.deepEqual(await bases(), [second.sha256]);
  t.true(await store.has(patches[0]!), 'a device that read the index a moment ago still finds it');
  t.false(await store.wasTried(first.sha256, third.sha256), 'it is made again when somebody demands it');
  await store.collect(needed);
  await store.collect(needed);
  t.false(await store.has(patches[0]!));
  t.true((await store.has(patches[1]!)) && (await store.wasTried(second.sha256, third.sha256)));
});

test('the publisher keeps what the revision in force names, and the keys that deployments are judged by', async (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1, 3000));
  const { store, publisher, files, readBlob } = publisherOf(tree, new SimDisk());
  const stray = await store.put(moduleOf(7));
  const nothing = { releases: new Set<string>(), blobs: new Set<string>() };
  t.is((await publisher.collect(nothing, noDemand)) + (await publisher.collect(nothing, noDemand)), 0);
  const { catalogue } = await publisher.judge({ files, trustFiles: files }, readBlob);
  await publisher.publish({ files, trustFiles: files }, catalogue, readBlob, noDemand);
  t.is((await publisher.collect(nothing, noDemand)) + (await publisher.collect(nothing, noDemand)), 1);
  t.false(await store.has(stray.sha256));
  t.true(await store.has(sha256Hex(trustOf(tree).deploymentKeys.bytes)));
  for (const { sha256 } of (await store.index({ name: 'crane', version: '1.0.0' }))!.ways)
    t.true(await store.has(sha256));
});

test('what could not be published is not in force: what was, stays, and is mended once however many ask for it', async (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1, 3000));
  const disk = new SimDisk();
  const { store, publisher, files, readBlob } = publisherOf(tree, disk);
  const before = { files, trustFiles: files };
  await publisher.publish(before, (await publisher.judge(before, readBlob)).catalogue, readBlob, noDemand);
  const { sha256 } = trustOf(tree).releases.get('crane/1.0.0')!;
  const mending = publisher.mend(`sha256/${sha256}`, noDemand, undefined);
  t.is(publisher.mend(`sha256/${sha256}`, noDemand, undefined), mending);
  t.true(await mending);
  removeRelease(tree, { name: 'crane', version: '1.0.0', now: now + 1000, announce: () => {} });
  const paths = [...publisherOf(tree, disk).files].map(([path, id]) => [path, `${id}?after`] as const);
  const after = { files: new Map(paths), trustFiles: new Map(paths) };
  const readAfter = (id: string) => readBlob(id.replace('?after', ''));
  const { catalogue } = await publisher.judge(after, readAfter);
  t.is(catalogue.size, 0);
  const rename = disk.rename.bind(disk);
  disk.rename = (from, to) => {
    if (to.endsWith('/tuf/timestamp.json')) throw new DiskError('NO_SPACE', to, 'no space left on device');
    rename(from, to);
  };
  await t.throwsAsync(publisher.publish(after, catalogue, readAfter, noDemand), { message: /no space left/ });
  const nothing = { releases: new Set<string>(), blobs: new Set<string>() };
  for (let looks = 0; looks < 2; looks += 1) await publisher.collect(nothing, noDemand);
  t.true(await store.has(sha256));
});

test('a deployment that was signed opens with the keys that the repository names', async (t) => {
  const tree = newTree();
  const { deployment } = readControllerKeys(tree.disk, '/fleet/.fleet/keys/online');
  const document: Deployment = {
    apiVersion: 'fleet/v1alpha1',
    kind: 'Deployment',
    device: 'crane-1',
    sequence: 1,
    revision: '0'.repeat(40),
    issuedAt: '2026-06-01T00:00:00Z',
    probationSeconds: 60,
    applications: [],
  };
  const { keys } = trustOf(tree).deploymentKeys;
  const payload = openEnvelope(signDeployment(document, deployment), deploymentPayloadType, keys, 1);
  t.deepEqual(JSON.parse(Buffer.from(payload).toString()), document);
  t.is(readWorkFile(tree, '.gitignore')?.length, '/.fleet/\n'.length);
});
