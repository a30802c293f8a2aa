import test from 'ava';
import { deploymentPayloadType, openEnvelope } from '../../../artifact/trust/dsse.ts';
import { findTarget } from '../../../artifact/trust/tuf/find-target.ts';
import { trustRoot } from '../../../artifact/trust/tuf/root.ts';
import { AuthoringError } from '../../../controller/publishing/authoring/authoring-error.ts';
import { readControllerKeys, readKey, readOrMakeKey } from '../../../controller/publishing/authoring/key-files.ts';
import { makeTrust } from '../../../controller/publishing/authoring/make-trust.ts';
import { readRole } from '../../../controller/publishing/authoring/role-file.ts';
import {
  type RotatableRole,
  type Rotated,
  type RotateOptions,
  rotatableRoles,
  rotateKeys,
} from '../../../controller/publishing/authoring/rotate-keys.ts';
import { signFile } from '../../../controller/publishing/authoring/sign-file.ts';
import { signMetadata } from '../../../controller/publishing/authoring/sign-metadata.ts';
import {
  readTrustFiles,
  readWorkFile,
  type WorkTree,
  writeWorkFile,
} from '../../../controller/publishing/authoring/work-tree.ts';
import { targetsOf } from '../../../controller/publishing/authoring/write-metadata.ts';
import { signDeployment } from '../../../controller/publishing/sign-deployment.ts';
import { roleFile } from '../../../controller/publishing/trust-files.ts';
import { verifyTrust } from '../../../controller/publishing/verify-trust.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import type { Deployment } from '../../../schemas/generated/types.ts';
import { PowerCut, SimDisk } from '../../sim/sim-disk.ts';
import { refresh } from './device.ts';
import { hourMs, moduleOf, newTree, now, onlineOf, release, trustOf } from './repository.ts';

const path = 'crane/1.0.0.wasm';

function rotate(tree: WorkTree, seed: number, roles: readonly RotatableRole[] = rotatableRoles, at = now) {
  return rotateWith(tree, seed, { roles: new Set(roles) }, at);
}

function rotateWith(
  tree: WorkTree,
  seed: number,
  asked: Pick<RotateOptions, 'roles' | 'applications'>,
  at: number,
): Rotated & { readonly words: string } {
  const words: string[] = [];
  const announce = (lines: readonly string[]) => words.push(...lines);
  const rotated = rotateKeys(tree, { random: new SimRandom(seed), now: at, ...asked, announce });
  return { ...rotated, words: words.join('\n') };
}

const noRoles: ReadonlySet<RotatableRole> = new Set();

function keyIds(tree: WorkTree): string[] {
  const { deployment, snapshot, timestamp } = readControllerKeys(tree.disk, '/fleet/.fleet/keys/online');
  return [deployment, snapshot, timestamp].map(({ keyId }) => keyId);
}

test('a device that slept through two rotations of all keys follows from root to root, to what the newest keys signed', async (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  const disk = new SimDisk();
  await onlineOf(tree, disk).publish(trustOf(tree), now);
  const asleep = refresh(trustRoot(readWorkFile(tree, 'trust/1.root.json')!), disk, [path], now);
  const old = keyIds(tree);
  for (const round of [1, 2]) {
    const at = now + round * hourMs;
    const before = keyIds(tree);
    const { words, signaturesMissing, retiredFiles } = rotate(tree, 40 + round, rotatableRoles, at);
    t.is(signaturesMissing.size, 0);
    t.is(retiredFiles.length, 5);
    for (const role of ['root', 'targets', 'snapshot', 'timestamp']) {
      t.regex(words, new RegExp(`entrusts ${role} to 1 of 1 key \\(.*before: `), words);
    }
    t.regex(words, /entrusts deployments to .*; before: /);
    t.deepEqual(
      keyIds(tree).filter((id) => before.includes(id)),
      [],
    );
    // The controller has its new keys, and takes the commit.
    const online = onlineOf(tree, disk);
    t.deepEqual(await online.judge(trustOf(tree), at), []);
    await online.publish(trustOf(tree), at);
  }
  const awake = refresh(asleep, disk, [path], now + 2 * hourMs);
  t.is(awake.root.signed.version, 3);
  t.is(findTarget(awake, path)?.length, moduleOf(1).length);
  const { keys } = trustOf(tree).deploymentKeys;
  const { deployment } = readControllerKeys(tree.disk, '/fleet/.fleet/keys/online');
  t.notThrows(() => openEnvelope(signDeployment({} as Deployment, deployment), deploymentPayloadType, keys, 1));
  t.false(keys.some(({ keyId }) => old.includes(keyId)));
});

test('only what is named is rotated, and a release is signed as before', (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  const before = trustOf(tree).roots.at(-1)!.signed;
  rotate(tree, 51, ['timestamp']);
  const after = trustOf(tree).roots.at(-1)!.signed;
  t.is(after.version, 2);
  for (const role of ['root', 'targets', 'snapshot'] as const) t.deepEqual(after.roles[role], before.roles[role]);
  t.notDeepEqual(after.roles.timestamp, before.roles.timestamp);
  const { words } = rotate(tree, 52, ['deployment'], now + hourMs);
  t.is(trustOf(tree).roots.length, 2, 'the root says nothing of deployments');
  t.regex(words, /signs trust\/targets\.json/);
  t.true(release(tree, 'crane', '1.1.0', moduleOf(2), now + 2 * hourMs).signed);
  t.deepEqual([...trustOf(tree).releases.keys()], ['crane/1.0.0', 'crane/1.1.0']);
});

test('a root that several people sign counts when all have signed; until then the old keys stay where they are', (t) => {
  const disk = new SimDisk();
  disk.makeDirectory('/fleet');
  const tree = { disk, directory: '/fleet' };
  makeTrust(tree, { random: new SimRandom(9), now, rootKeys: 2, rootThreshold: 2 });
  const other = readWorkFile(tree, '.fleet/keys/offline/root-2.pem')!;
  disk.remove('/fleet/.fleet/keys/offline/root-2.pem');
  const first = rotate(tree, 61, ['root']);
  t.deepEqual([...first.signaturesMissing], [['root', 1]]);
  t.deepEqual(first.retiredFiles, []);
  t.true('problems' in verifyTrust(readTrustFiles(tree)));
  {
    using file = disk.open('/fleet/.fleet/keys/offline/root-2.pem', 'write');
    file.write(0, other);
  }
  signMetadata(tree, { now, renew: false, roles: ['root'], announce: () => {} });
  t.is(trustOf(tree).roots.length, 2);
});

test('without the keys that have to sign nothing is made, and nothing is signed over what somebody left unsigned', (t) => {
  const tree = newTree();
  const before = readTrustFiles(tree);
  tree.disk.rename('/fleet/.fleet/keys/offline/root.pem', '/fleet/root.pem');
  const error = t.throws(() => rotate(tree, 71, ['targets']), { instanceOf: AuthoringError });
  t.is(error?.code, 'KEY_MISSING');
  t.regex(error?.message ?? '', /no key of root is on this machine.*Nothing was made or signed/);
  tree.disk.rename('/fleet/root.pem', '/fleet/.fleet/keys/offline/root.pem');
  t.deepEqual(readTrustFiles(tree), before);
  t.is(tree.disk.stat('/fleet/.fleet/keys/offline/targets.next.pem'), undefined);
});

test('a rotation that is stopped anywhere is gone through again, after git has put back what was half signed', (t) => {
  const someRoles = ['root', 'snapshot'] as const;
  for (let cut = 0, isOver = false; !isOver; cut++) {
    const tree = newTree();
    const disk = tree.disk as SimDisk;
    const before = readTrustFiles(tree);
    disk.crashAfter(cut);
    try {
      rotate(tree, 81, someRoles);
      isOver = true;
    } catch (error) {
      t.true(error instanceof PowerCut);
    }
    disk.crash(() => 1);
    disk.restart();
    if ('problems' in verifyTrust(readTrustFiles(tree))) {
      disk.remove('/fleet/trust/2.root.json');
      for (const [file, bytes] of before) {
        using opened = disk.open(`/fleet/${file}`, 'write');
        opened.truncate(0);
        opened.write(0, bytes);
      }
    }
    t.is(rotate(tree, 82, someRoles, now + hourMs).signaturesMissing.size, 0, `after ${cut} changes`);
    t.deepEqual(tree.disk.list('/fleet/.fleet/keys/online'), ['deployment.pem', 'snapshot.pem', 'timestamp.pem']);
  }
});

test('new release keys of one application take over all its releases, and a device that slept has them', async (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  readOrMakeKey(tree, new SimRandom(5), 'release-crane-2');
  release(tree, 'crane-2', '1.0.0', moduleOf(2));
  const disk = new SimDisk();
  await onlineOf(tree, disk).publish(trustOf(tree), now);
  const asleep = refresh(trustRoot(readWorkFile(tree, 'trust/1.root.json')!), disk, [path], now);
  const keyOf = (name: string) => readKey(tree, `release-${name}`)!.keyId;
  const [old, neighbour] = [keyOf('crane'), keyOf('crane-2')];
  const at = now + hourMs;
  const { words, ...rotated } = rotateWith(tree, 91, { roles: noRoles, applications: ['crane'] }, at);
  t.deepEqual(rotated.trustFiles, ['trust/roles/crane.json', 'trust/targets.json']);
  t.deepEqual(rotated.retiredFiles, [`.fleet/keys/retired/release-crane-${old.slice(0, 12)}.pem`]);
  t.regex(words, /signs trust\/roles\/crane\.json .*; it\n {2}names crane\/1\.0\.0\.wasm, \d+ bytes, sha256/);
  t.regex(words, /delegates crane\/\* to 1 of 1 key \(.*before: /);
  t.not(keyOf('crane'), old);
  t.is(keyOf('crane-2'), neighbour, 'whose key file has a name as a second key of crane would');
  t.true(release(tree, 'crane', '1.1.0', moduleOf(3), at).signed, 'by the new key');
  const online = onlineOf(tree, disk);
  t.deepEqual(await online.judge(trustOf(tree), at), []);
  await online.publish(trustOf(tree), at);
  const awake = refresh(asleep, disk, [path, 'crane/1.1.0.wasm'], at);
  t.is(findTarget(awake, path)?.length, moduleOf(1).length);
  t.is(findTarget(awake, 'crane/1.1.0.wasm')?.length, moduleOf(3).length);
});

test('what the old release key signs after its rotation counts for nothing, and it can not sign here any more', (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  const old = readKey(tree, 'release-crane')!;
  rotateWith(tree, 92, { roles: noRoles, applications: ['crane'] }, now + hourMs);
  const { signed } = readRole(tree, 'crane')!;
  const after = targetsOf({ ...signed.toJSON(), version: signed.version + 1 });
  writeWorkFile(
    tree,
    roleFile('crane'),
    signFile({ path: roleFile('crane'), after, signers: [old] }, () => {}),
  );
  const verified = verifyTrust(readTrustFiles(tree));
  t.deepEqual('problems' in verified ? verified.problems.map(({ file }) => file) : [], ['trust/roles/crane.json']);
  const error = t.throws(() => rotateWith(tree, 93, { roles: noRoles, applications: ['crane'] }, now + 2 * hourMs));
  t.is((error as AuthoringError).code, 'TRUST_UNSIGNED');
  const unknown = t.throws(() => rotateWith(tree, 94, { roles: noRoles, applications: ['winch'] }, now));
  t.is((unknown as AuthoringError).code, 'ROLE_UNKNOWN');
  t.regex((unknown as AuthoringError).message, /there are release-crane\. Nothing was made or signed/);
  tree.disk.remove('/fleet/trust/roles/crane.json');
  const lost = t.throws(() => rotateWith(tree, 94, { roles: noRoles, applications: ['crane'] }, now));
  t.is((lost as AuthoringError).code, 'TRUST_MISSING', 'what lost its releases is not signed without them');
});

test('a rotation of a release key that is stopped anywhere leaves what verifies, and is gone through again', (t) => {
  for (let cut = 0, isOver = false; !isOver; cut++) {
    const tree = newTree();
    release(tree, 'crane', '1.0.0', moduleOf(1));
    const disk = tree.disk as SimDisk;
    disk.crashAfter(cut);
    try {
      rotateWith(tree, 95, { roles: noRoles, applications: ['crane'] }, now + hourMs);
      isOver = true;
    } catch (error) {
      t.true(error instanceof PowerCut);
    }
    disk.crash(() => 1);
    disk.restart();
    t.false('problems' in verifyTrust(readTrustFiles(tree)), `after ${cut} changes`);
    rotateWith(tree, 96, { roles: noRoles, applications: ['crane'] }, now + 2 * hourMs);
    t.true(release(tree, 'crane', '1.1.0', moduleOf(2), now + 3 * hourMs).signed, `after ${cut} changes`);
    t.is(disk.stat('/fleet/.fleet/keys/offline/release-crane.next.pem'), undefined);
  }
});
