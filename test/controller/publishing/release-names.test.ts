import test from 'ava';
import { privateKeyFromSeed } from '../../../artifact/trust/keys.ts';
import { ArtifactStore } from '../../../controller/publishing/artifact-store.ts';
import { readControllerKeys } from '../../../controller/publishing/authoring/key-files.ts';
import { removeRelease } from '../../../controller/publishing/authoring/remove-release.ts';
import { rotateKeys } from '../../../controller/publishing/authoring/rotate-keys.ts';
import { readTrustFiles, type WorkTree } from '../../../controller/publishing/authoring/work-tree.ts';
import { brotliAtOnce } from '../../../controller/publishing/compress.ts';
import { DirectoryFiles } from '../../../controller/publishing/files/directory-files.ts';
import { judgeTrust } from '../../../controller/publishing/judge-trust.ts';
import { deltaAtOnce } from '../../../controller/publishing/make-delta.ts';
import { publishedNames, recordSigners } from '../../../controller/publishing/published-names.ts';
import { RepositoryPublisher } from '../../../controller/publishing/publisher.ts';
import {
  readReleaseNames,
  releaseNamesMax,
  withReleases,
  writeReleaseNames,
} from '../../../controller/publishing/release-names.ts';
import { SmallerWays } from '../../../controller/publishing/smaller-ways.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import { SimDisk } from '../../sim/sim-disk.ts';
import { memoryOf, moduleOf, newMemory, newTree, now, onlineOf, release, trustOf } from './repository.ts';

/** A controller that published two releases of crane, and then that one of them was taken out. */
async function afterRemoval() {
  const tree = newTree();
  const disk = new SimDisk();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  release(tree, 'crane', '1.1.0', moduleOf(2));
  await onlineOf(tree, disk).publish(trustOf(tree), now);
  removeRelease(tree, { name: 'crane', version: '1.1.0', now: now + 1_000, announce: () => {} });
  await onlineOf(tree, disk).publish(trustOf(tree), now + 2_000);
  const judge = async () => judgeTrust(readTrustFiles(tree), await onlineOf(tree, disk).published());
  return { tree, disk, judge };
}

/** A controller that is started for each commit of a tree of one release; what it notes is told. */
function publishing() {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  const disk = new SimDisk();
  const files = new Map(tree.disk.allFiles().map((path) => [path.slice('/fleet/'.length), path]));
  const readBlob = async (id: string) => tree.disk.readFile(id);
  const publish = async () => {
    const store = new ArtifactStore(new DirectoryFiles(disk, '/state/artifacts'));
    const ways = new SmallerWays({ store, compress: brotliAtOnce, makeDelta: deltaAtOnce, log: { write: () => {} } });
    const clock = new SimTime(now).clock({ alive: true });
    const publisher = new RepositoryPublisher({ clock, store, online: onlineOf(tree, disk), ways });
    const { catalogue, notes } = await publisher.judge({ files, trustFiles: files }, readBlob);
    const demand = { wanted: new Set<string>(), held: new Set<string>() };
    await publisher.publish({ files, trustFiles: files }, catalogue, readBlob, demand);
    return notes.map(({ code }) => code);
  };
  return { tree, disk, publish };
}

test('a release that was taken out and comes again with other bytes is refused over a restart, with the way out', async (t) => {
  const { tree, judge } = await afterRemoval();
  release(tree, 'crane', '1.1.0', moduleOf(3), now + 3_000);
  const judged = await judge();
  if (judged.kind !== 'refused') return t.fail();
  t.deepEqual(
    judged.problems.map(({ file, code }) => [file, code]),
    [['releases/crane/1.1.0.wasm', 'RELEASE_NAME_REUSED']],
  );
  t.regex(judged.problems[0]!.message, /fleet release remove crane 1\.1\.0.*another version/);
});

test('a release that comes again as it was, and one under another version, are taken', async (t) => {
  const { tree, judge } = await afterRemoval();
  release(tree, 'crane', '1.1.0', moduleOf(2), now + 3_000);
  release(tree, 'crane', '1.2.0', moduleOf(3), now + 4_000);
  t.is((await judge()).kind, 'prevails');
});

const recordPath = '/state/artifacts/tuf/release-names.json';

function plant(disk: SimDisk, bytes: Uint8Array): Promise<void> {
  return new DirectoryFiles(disk, '/state/artifacts').write('tuf/release-names.json', bytes);
}

function signedNames(tree: WorkTree, disk: SimDisk): string[] {
  const { snapshot } = readControllerKeys(tree.disk, '/fleet/.fleet/keys/online');
  return [...(readReleaseNames(disk.readFile(recordPath), [snapshot.publicKey])?.keys() ?? ['not signed by it'])];
}

test('a record that is damaged, gone or signed by nobody of the fleet counts for nothing, and begins anew where the state was lost too', async (t) => {
  const { tree, disk } = await afterRemoval();
  const stranger = privateKeyFromSeed(new Uint8Array(32).fill(9));
  const lie = new Map([['crane/1.0.0', 'b'.repeat(64)]]);
  const right = disk.readFile(recordPath);
  const moved = Buffer.from(
    Buffer.from(right)
      .toString()
      .replace(/"crane.1.1.0":"./, (text) => `${text.slice(0, -1)}0`),
  );
  const texts = [
    '{',
    '[]',
    '{"names":{"crane/1.0.0":"short"}}',
    '\xff',
    JSON.stringify({ names: Object.fromEntries(lie) }),
  ];
  for (const bytes of [...texts.map((text) => Buffer.from(text, 'latin1')), writeReleaseNames(lie, stranger), moved]) {
    await plant(disk, bytes);
    const online = onlineOf(tree, disk, newMemory());
    const trust = trustOf(tree);
    t.is(publishedNames(await online.published(), trust.roots), undefined);
    t.is(judgeTrust(readTrustFiles(tree), await online.published()).kind, 'prevails');
    t.false(online.isRight('release-names.json', bytes));
    await online.publish(trust, now + 3_000);
    t.deepEqual(signedNames(tree, disk), ['crane/1.0.0']);
  }
});

test('a record that is lost, damaged, or an older one put back while the controller is down is the one that it remembers', async (t) => {
  const { tree, disk } = await afterRemoval();
  const full = disk.readFile(recordPath);
  const { snapshot } = readControllerKeys(tree.disk, '/fleet/.fleet/keys/online');
  const older = writeReleaseNames(new Map([['crane/1.0.0', 'a'.repeat(64)]]), snapshot);
  for (const bytes of [undefined, Buffer.from('{'), older]) {
    if (bytes === undefined) disk.remove(recordPath);
    else await plant(disk, bytes);
    release(tree, 'crane', '1.1.0', moduleOf(3), now + 3_000);
    const judged = judgeTrust(readTrustFiles(tree), await onlineOf(tree, disk).published());
    t.is(judged.kind === 'refused' && judged.problems[0]?.code, 'RELEASE_NAME_REUSED');
    removeRelease(tree, { name: 'crane', version: '1.1.0', now: now + 4_000, announce: () => {} });
    await onlineOf(tree, disk).publish(trustOf(tree), now + 5_000);
    t.deepEqual(disk.readFile(recordPath), full);
  }
});

test('what is put in the place of the record while the controller runs is put right with all that was in it', async (t) => {
  const { tree, disk } = await afterRemoval();
  const online = onlineOf(tree, disk);
  await online.publish(trustOf(tree), now + 3_000);
  await plant(disk, Buffer.from('{}'));
  t.deepEqual(
    [...publishedNames(await online.published(), trustOf(tree).roots)!.keys()],
    ['crane/1.0.0', 'crane/1.1.0'],
  );
  await online.publish(trustOf(tree), now + 4_000);
  t.deepEqual(signedNames(tree, disk), ['crane/1.0.0', 'crane/1.1.0']);
});

test('the record goes on over new keys, by which it is signed anew; then what the old key signed counts no more', async (t) => {
  const { tree, disk } = await afterRemoval();
  const before = disk.readFile(recordPath);
  rotateKeys(tree, { random: new SimRandom(61), now: now + 3_000, roles: new Set(['snapshot']), announce: () => {} });
  const trust = trustOf(tree);
  t.is(publishedNames(await onlineOf(tree, disk).published(), trust.roots)?.size, 2);
  await onlineOf(tree, disk).publish(trust, now + 4_000);
  t.deepEqual(signedNames(tree, disk), ['crane/1.0.0', 'crane/1.1.0']);
  await plant(disk, before);
  const online = await memoryOf(disk).read('online');
  const memory = { ...newMemory(), read: async (name: string) => (name === 'online' ? online : undefined) };
  t.is(publishedNames(await onlineOf(tree, disk, memory).published(), trust.roots), undefined);
});

test('a record that is lost with the state is told with the next revision, and no longer once it is there again', async (t) => {
  const { tree, disk, publish } = publishing();
  t.deepEqual(await publish(), [], 'nothing was ever published');
  disk.remove(recordPath);
  onlineOf(tree, disk, newMemory());
  t.deepEqual(await publish(), ['RELEASE_NAMES_LOST']);
  t.deepEqual(await publish(), []);
  t.deepEqual(signedNames(tree, disk), ['crane/1.0.0']);
});

test('a record by the keys of the newest root that is here counts, though a newer one was published and is lost', (t) => {
  const { roots } = trustOf(newTree());
  const idsOf = (published: readonly number[]) => recordSigners(roots, published).map(({ keyId }) => keyId);
  t.is(idsOf([1]).length, 1);
  t.deepEqual(idsOf([1, 2]), idsOf([1]));
});

test('the record is bounded: what came first goes first, unless it is in force', (t) => {
  const sha256 = 'a'.repeat(64);
  const one = (version: string) => ({ name: 'crane', version, sha256, length: 1 });
  const many = new Map(Array.from({ length: releaseNamesMax }, (_, at) => [`crane/${at}`, sha256]));
  const releases = new Map(['0', 'new'].map((version) => [`crane/${version}`, one(version)]));
  const after = withReleases(many, releases);
  t.is(after.size, releaseNamesMax);
  t.true(after.has('crane/0') && after.has('crane/new') && !after.has('crane/1') && after.has('crane/2'));
  const key = privateKeyFromSeed(new Uint8Array(32).fill(1));
  t.deepEqual(readReleaseNames(writeReleaseNames(after, key), [key.publicKey]), after);
  t.is(withReleases(after, releases), after, 'nothing new, nothing to write');
});
