import test from 'ava';
import { removeRelease } from '../../../controller/publishing/authoring/remove-release.ts';
import { readTrustFiles } from '../../../controller/publishing/authoring/work-tree.ts';
import { DirectoryFiles } from '../../../controller/publishing/files/directory-files.ts';
import { judgeTrust } from '../../../controller/publishing/judge-trust.ts';
import {
  readReleaseNames,
  releaseNamesMax,
  withReleases,
  writeReleaseNames,
} from '../../../controller/publishing/release-names.ts';
import { SimDisk } from '../../sim/sim-disk.ts';
import { moduleOf, newTree, now, onlineOf, release, trustOf } from './repository.ts';

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

test('a record that is damaged or gone counts for nothing, and begins anew with what is published next', async (t) => {
  const { tree, disk } = await afterRemoval();
  for (const text of ['{', '[]', '{"crane/1.0.0":"short"}', '{"../x":"'.concat('a'.repeat(64), '"}'), '\xff']) {
    await new DirectoryFiles(disk, '/state/artifacts').write('tuf/release-names.json', Buffer.from(text, 'latin1'));
    const online = onlineOf(tree, disk);
    t.false((await online.published()).has('release-names.json'), text);
    await online.publish(trustOf(tree), now + 3_000);
    t.deepEqual(
      [...readReleaseNames(disk.readFile('/state/artifacts/tuf/release-names.json'))!.keys()],
      ['crane/1.0.0'],
      text,
    );
  }
});

test('the record is bounded: what came first goes first, unless it is in force', (t) => {
  const sha256 = 'a'.repeat(64);
  const one = (version: string) => ({ name: 'crane', version, sha256, length: 1 });
  const many = new Map(Array.from({ length: releaseNamesMax }, (_, at) => [`crane/${at}`, sha256]));
  const releases = new Map(['0', 'new'].map((version) => [`crane/${version}`, one(version)]));
  const after = withReleases(many, releases);
  t.is(after.size, releaseNamesMax);
  t.true(after.has('crane/0') && after.has('crane/new') && !after.has('crane/1') && after.has('crane/2'));
  t.deepEqual(readReleaseNames(writeReleaseNames(after)), after);
  t.is(withReleases(after, releases), after, 'nothing new, nothing to write');
});
