import test, { type ExecutionContext } from 'ava';
import { rotateKeys } from '../../../controller/publishing/authoring/rotate-keys.ts';
import { signMetadata } from '../../../controller/publishing/authoring/sign-metadata.ts';
import { readTrustFiles, readWorkFile, writeWorkFile } from '../../../controller/publishing/authoring/work-tree.ts';
import { catalogueOf } from '../../../controller/publishing/catalogue.ts';
import { judgeTrust } from '../../../controller/publishing/judge-trust.ts';
import type { TrustFiles } from '../../../controller/publishing/trust-files.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import { SimDisk } from '../../sim/sim-disk.ts';
import { moduleOf, newTree, now, onlineOf, release, trustOf } from './repository.ts';

const minuteMs = 60_000;

/** A tree with one release, and what it was before and after a second one of crane and a first one of buoy. */
function reverted() {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  const before = readTrustFiles(tree);
  release(tree, 'crane', '1.1.0', moduleOf(2), now + minuteMs);
  release(tree, 'buoy', '1.0.0', moduleOf(3), now + minuteMs);
  const published = readTrustFiles(tree);
  /** As `git revert` leaves it. */
  const revert = () => {
    for (const path of published.keys()) if (!before.has(path)) tree.disk.remove(`/fleet/${path}`);
    for (const [path, bytes] of before) writeWorkFile(tree, path, bytes);
  };
  return { tree, before, published, revert };
}

function prevails(t: ExecutionContext, files: TrustFiles, published: TrustFiles) {
  const judged = judgeTrust(files, published);
  if (judged.kind === 'refused') return t.fail(JSON.stringify(judged.problems)) as never;
  return judged;
}

function codes(files: TrustFiles, published: TrustFiles): string[] {
  const judged = judgeTrust(files, published);
  return (judged.kind === 'refused' ? judged.problems : judged.notes).map(({ file, code }) => `${file} ${code}`);
}

test('where a tree brings older metadata than was published, the newest stays in force, and every file of it is told', async (t) => {
  const { before, published } = reverted();
  const { trust, notes } = prevails(t, before, published);
  t.deepEqual([...trust.releases.keys()].sort(), ['buoy/1.0.0', 'crane/1.0.0', 'crane/1.1.0']);
  t.deepEqual(
    notes.map(({ file, code }) => [file, code]),
    [
      ['trust/targets.json', 'TRUST_KEPT'],
      ['trust/roles/crane.json', 'TRUST_KEPT'],
      ['trust/roles/buoy.json', 'TRUST_KEPT'],
    ],
  );
  t.deepEqual(prevails(t, published, published).notes, []);
  t.deepEqual(prevails(t, published, before).notes, []);
});

test('what is released after a revert is published: its version is above that of what was reverted', async (t) => {
  const { tree, published, revert } = reverted();
  const disk = new SimDisk();
  await onlineOf(tree, disk).publish(trustOf(tree), now);
  revert();
  release(tree, 'crane', '1.1.1', moduleOf(4), now + 2 * minuteMs);
  const { trust } = prevails(t, readTrustFiles(tree), published);
  t.deepEqual([...trust.releases.keys()].sort(), ['buoy/1.0.0', 'crane/1.0.0', 'crane/1.1.1']);
  const online = onlineOf(tree, disk);
  t.deepEqual(await online.judge(trust, now + 2 * minuteMs), []);
  await t.notThrowsAsync(online.publish(trust, now + 2 * minuteMs));
});

test('a reverted rotation of roots does not bring back what the new root revoked', async (t) => {
  const { tree, before, published } = reverted();
  signMetadata(tree, { now: now + 2 * minuteMs, renew: true, roles: 'all', announce: () => {} });
  const rotated = readTrustFiles(tree);
  t.true(rotated.has('trust/2.root.json'));
  t.is(prevails(t, published, rotated).trust.roots.length, 2);
  t.is(prevails(t, before, rotated).trust.targets.signed.version, (now + 2 * minuteMs) / 1000);
});

test('a file with the published version and other content is refused, with the way out', async (t) => {
  const { tree, published, revert } = reverted();
  revert();
  release(tree, 'crane', '1.1.1', moduleOf(9), now + minuteMs);
  const judged = judgeTrust(readTrustFiles(tree), published);
  t.is(judged.kind, 'refused');
  t.deepEqual(codes(readTrustFiles(tree), published), ['trust/roles/crane.json TRUST_VERSION_REUSED']);
  t.regex(judged.kind === 'refused' ? judged.problems[0]!.message : '', /release sign --renew/);
});

test('a tree without a root, and one of another fleet, are refused whatever was published', async (t) => {
  const { published } = reverted();
  t.deepEqual(codes(new Map(), published), ['trust/1.root.json TRUST_ROOT_METADATA_MISSING']);
  const stranger = newTree(99);
  t.deepEqual(codes(readTrustFiles(stranger), published)[0], 'trust/1.root.json TRUST_VERSION_REUSED');
});

test('a role file that was deleted while its delegation stays is a fault of the tree, not an older version', async (t) => {
  const { published } = reverted();
  const files = new Map(published);
  files.delete('trust/roles/buoy.json');
  t.deepEqual(codes(files, published), ['trust/roles/buoy.json TRUST_ROLE_METADATA_MISSING']);
});

test('what a liar adds to trust/ is told with its file: unused files, leaping roots, hashes in another case', async (t) => {
  const { tree, published } = reverted();
  const role = Buffer.from(published.get('trust/roles/crane.json')!);
  const extra = new Map([...published, ['trust/roles/evil.json', role], ['trust/more.json', role]]);
  t.deepEqual(codes(extra, published), [
    'trust/more.json TRUST_FILE_UNUSED',
    'trust/roles/evil.json TRUST_FILE_UNUSED',
  ]);
  const many = new Map(published);
  for (let at = 0; at < 500; at++) many.set(`trust/roles/x${at}.json`, role);
  t.is(codes(many, published).length, 21);
  const leaping = new Map([...published, ['trust/900.root.json', published.get('trust/1.root.json')!]]);
  t.deepEqual(codes(leaping, published), ['trust/900.root.json TRUST_ROOT_ROLLBACK']);
  const upper = role
    .toString()
    .replace(/"sha256": "[0-9a-f]+"/, (text) => text.toUpperCase().replace('SHA256', 'sha256'));
  t.deepEqual(codes(new Map([...published, ['trust/roles/crane.json', Buffer.from(upper)]]), published), [
    'trust/roles/crane.json TRUST_ROLE_THRESHOLD',
  ]);
  const twice = role.toString().replace('"targets": {', '"targets": {}, "targets": {');
  t.deepEqual(codes(new Map([...published, ['trust/roles/crane.json', Buffer.from(twice)]]), published), [
    'trust/roles/crane.json TRUST_ROLE_MALFORMED',
  ]);
  t.deepEqual(readWorkFile(tree, 'trust/roles/crane.json'), published.get('trust/roles/crane.json'));
});

test('a version that leaps is refused by the controller: those after it would have no room', async (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  const online = onlineOf(tree, new SimDisk());
  await online.publish(trustOf(tree), now);
  const years = now + 2 * 365 * 24 * 60 * minuteMs;
  release(tree, 'crane', '1.1.0', moduleOf(2), years);
  t.deepEqual(
    (await online.judge(trustOf(tree), now)).map(({ file, code }) => `${file} ${code}`),
    ['trust/roles/crane.json TRUST_VERSION_JUMP'],
  );
  t.deepEqual(await online.judge(trustOf(tree), years), []);
});

test('a revision that does not name the deployment key of the controller is refused: devices would refuse all it sends', async (t) => {
  const tree = newTree();
  const other = newTree(2);
  const online = onlineOf(other, new SimDisk());
  const messages = (await online.judge(trustOf(tree), now)).map(({ file, code }) => `${file} ${code}`);
  t.true(messages.includes('trust/deployment-keys.json TRUST_ONLINE_KEY'));
});

test('what comes to its end is told beside the catalogue: all that is soon, else the first of all', async (t) => {
  const { published } = reverted();
  const day = 24 * 60 * minuteMs;
  const notesAt = (at: number) =>
    catalogueOf(published, undefined, at).notes.map(({ file, code }) => `${file} ${code}`);
  t.deepEqual(notesAt(now + day), []);
  t.is(notesAt(now + 200 * day).length, 1);
  t.deepEqual(notesAt(now + 340 * day).sort(), [
    'trust/roles/buoy.json TRUST_EXPIRES',
    'trust/roles/crane.json TRUST_EXPIRES',
    'trust/targets.json TRUST_EXPIRES',
  ]);
  t.true(notesAt(now + 400 * day).every((note) => note.endsWith('TRUST_EXPIRED')));
  t.deepEqual(catalogueOf(published).notes, []);
});

test('a release that is signed after the new keys of its role were taken back is refused with the way out, and the way leads out', async (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  const before = readTrustFiles(tree);
  const roles = { roles: new Set<never>(), applications: ['crane'] };
  rotateKeys(tree, { random: new SimRandom(62), now: now + minuteMs, announce: () => {}, ...roles });
  const published = readTrustFiles(tree);
  for (const [path, bytes] of before) writeWorkFile(tree, path, bytes);
  t.false(release(tree, 'crane', '1.1.0', moduleOf(2), now + 2 * minuteMs).signed);
  const judged = judgeTrust(readTrustFiles(tree), published);
  if (judged.kind !== 'refused') return t.fail();
  t.like(judged.problems, [{ file: 'trust/roles/crane.json', code: 'TRUST_ROLE_THRESHOLD' }]);
  t.regex(judged.problems[0]!.message, /git checkout COMMIT -- trust\/targets\.json.*fleet release sign/);
  writeWorkFile(tree, 'trust/targets.json', published.get('trust/targets.json')!);
  signMetadata(tree, { now: now + 3 * minuteMs, renew: false, roles: ['crane'], announce: () => {} });
  t.true(prevails(t, readTrustFiles(tree), published).trust.releases.has('crane/1.1.0'));
});
