import { Root } from '@tufjs/models';
import test from 'ava';
import { findTarget } from '../../../artifact/trust/tuf/find-target.ts';
import { trustRoot } from '../../../artifact/trust/tuf/root.ts';
import { issuedAt } from '../../../artifact/trust/tuf/trusted.ts';
import { readControllerKeys } from '../../../controller/publishing/authoring/key-files.ts';
import { signMetadata } from '../../../controller/publishing/authoring/sign-metadata.ts';
import { readTrustFiles, readWorkFile, writeWorkFile } from '../../../controller/publishing/authoring/work-tree.ts';
import { judgeOnlineKeys } from '../../../controller/publishing/online-judgement.ts';
import { verifyTrust } from '../../../controller/publishing/verify-trust.ts';
import { DiskError } from '../../../platform/ports.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import { keepAll, loseAll } from '../../sim/disk-crash.ts';
import { PowerCut, SimDisk } from '../../sim/sim-disk.ts';
import { refresh } from './device.ts';
import { hourMs, moduleOf, newTree, now, onlineOf, release, trustOf, weekMs } from './repository.ts';

const path = 'crane/1.0.0.wasm';

test('a device that knows only the first root finds a published release', async (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  const disk = new SimDisk();
  const online = onlineOf(tree, disk);
  const trust = trustOf(tree);
  t.deepEqual(await online.judge(trust, now), []);
  await online.publish(trust, now);
  const device = refresh(trustRoot(readWorkFile(tree, 'trust/1.root.json')!), disk, [path], now);
  t.is(findTarget(device, path)?.length, moduleOf(1).length);
  t.deepEqual(findTarget(device, path)?.custom, { kind: 'module', imports: [] });
  t.is(issuedAt(device), now);
});

test('versions grow across restarts, and publishing the same again writes nothing', async (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  const disk = new SimDisk();
  await onlineOf(tree, disk).publish(trustOf(tree), now);
  const again = onlineOf(tree, disk);
  const operations = disk.operations;
  await again.publish(trustOf(tree), now);
  t.is(disk.operations, operations);
  const born = trustRoot(readWorkFile(tree, 'trust/1.root.json')!);
  const before = refresh(born, disk, [path], now);
  release(tree, 'crane', '1.1.0', moduleOf(2));
  await onlineOf(tree, disk).publish(trustOf(tree), now + hourMs);
  const after = refresh(before, disk, ['crane/1.1.0.wasm'], now + hourMs);
  t.true(after.timestamp!.signed.version > before.timestamp!.signed.version);
  t.true(after.snapshot!.signed.version > before.snapshot!.signed.version);
  t.is(findTarget(after, 'crane/1.1.0.wasm')?.role, 'crane');
});

test('what was signed while the clock ran ahead is signed anew once it is right, with a higher version', async (t) => {
  const tree = newTree();
  const disk = new SimDisk();
  const online = onlineOf(tree, disk);
  await online.publish(trustOf(tree), now);
  const ahead = now + 10 * 52 * weekMs;
  await online.renew(ahead);
  await online.renew(ahead + 1);
  await online.renew(now + hourMs);
  const device = refresh(trustRoot(readWorkFile(tree, 'trust/1.root.json')!), disk, [], now + hourMs);
  t.is(issuedAt(device), now + hourMs);
  t.is(device.timestamp?.signed.version, ahead / 1000 + 1);
  t.is(device.snapshot?.signed.version, ahead / 1000 + 1);
});

test('the timestamp is renewed when a third of its life has passed, the snapshot when a third of its longer one has', async (t) => {
  const tree = newTree();
  const disk = new SimDisk();
  const online = onlineOf(tree, disk);
  t.is(online.renewAt(), undefined);
  await online.publish(trustOf(tree), now);
  t.is(online.renewAt(), now + weekMs / 3);
  const versions = () => {
    const { timestamp, snapshot } = refresh(trustRoot(readWorkFile(tree, 'trust/1.root.json')!), disk, [], now);
    return [timestamp!.signed.version, snapshot!.signed.version];
  };
  const [first, third, fortnight] = [now, now + weekMs / 3, now + 2 * weekMs].map((time) => time / 1000);
  await online.renew(now + weekMs / 3 - 1);
  t.deepEqual(versions(), [first, first]);
  await online.renew(now + weekMs / 3);
  t.deepEqual(versions(), [third, first]);
  await online.renew(now + 2 * weekMs);
  t.deepEqual(versions(), [fortnight, fortnight]);
});

test('versions grow though the clock went back', async (t) => {
  const tree = newTree();
  const disk = new SimDisk();
  const online = onlineOf(tree, disk);
  await online.publish(trustOf(tree), now);
  const device = refresh(trustRoot(readWorkFile(tree, 'trust/1.root.json')!), disk, [], now);
  release(tree, 'crane', '1.0.0', moduleOf(1));
  await online.publish(trustOf(tree), now - weekMs / 2);
  t.is(refresh(device, disk, [path], now).timestamp!.signed.version, device.timestamp!.signed.version + 1);
});

test('a controller whose state was lost, or rotted, still publishes what its devices accept', async (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  const disk = new SimDisk();
  await onlineOf(tree, disk).publish(trustOf(tree), now);
  const device = refresh(trustRoot(readWorkFile(tree, 'trust/1.root.json')!), disk, [path], now);
  const empty = new SimDisk();
  await onlineOf(tree, empty).publish(trustOf(tree), now + hourMs);
  t.is(findTarget(refresh(device, empty, [path], now + hourMs), path)?.role, 'crane');
  disk.flipBit('/state/artifacts/tuf/timestamp.json', 3);
  await onlineOf(tree, disk).publish(trustOf(tree), now + hourMs);
  t.is(findTarget(refresh(device, disk, [path], now + hourMs), path)?.role, 'crane');
});

test('a force-push that takes signed metadata back is refused, and devices keep what they have', async (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  const role = readWorkFile(tree, 'trust/roles/crane.json')!;
  const disk = new SimDisk();
  release(tree, 'crane', '1.1.0', moduleOf(2));
  await onlineOf(tree, disk).publish(trustOf(tree), now);
  writeWorkFile(tree, 'trust/roles/crane.json', role);
  t.deepEqual(
    (await onlineOf(tree, disk).judge(trustOf(tree), now)).map(({ file, code }) => [file, code]),
    [['trust/roles/crane.json', 'TRUST_ROLLBACK']],
  );
});

for (const lost of ['', 'timestamp.json', 'snapshot']) {
  test(`what was published and rots over a restart is not forgotten while git holds an older one, with ${lost || 'nothing else'} lost`, async (t) => {
    const tree = newTree();
    release(tree, 'crane', '1.0.0', moduleOf(1));
    const older = readWorkFile(tree, 'trust/roles/crane.json')!;
    release(tree, 'crane', '1.1.0', moduleOf(2));
    const newest = readWorkFile(tree, 'trust/roles/crane.json')!;
    const disk = new SimDisk();
    await onlineOf(tree, disk).publish(trustOf(tree), now);
    const version = trustOf(tree).roles.get('crane')!.signed.version;
    disk.flipBit(`/state/artifacts/tuf/${version}.crane.json`, 3);
    const rotted = disk.list('/state/artifacts/tuf').filter((file) => lost !== '' && file.includes(lost));
    for (const file of rotted) disk.flipBit(`/state/artifacts/tuf/${file}`, 3);
    writeWorkFile(tree, 'trust/roles/crane.json', older);
    const [problem, ...others] = await onlineOf(tree, disk).judge(trustOf(tree), now);
    t.deepEqual([problem?.file, problem?.code, others], ['trust/roles/crane.json', 'TRUST_ROLLBACK', []]);
    t.regex(problem?.message ?? '', new RegExp(`version ${version} was published`));
    if (lost === '')
      await t.throwsAsync(onlineOf(tree, disk).publish(trustOf(tree), now), { message: /was published/ });
    writeWorkFile(tree, 'trust/roles/crane.json', newest);
    t.deepEqual(await onlineOf(tree, disk).judge(trustOf(tree), now), [], 'the same file puts it right');
  });
}

test('the same version with other content is refused', async (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  const role = readWorkFile(tree, 'trust/roles/crane.json')!;
  const disk = new SimDisk();
  release(tree, 'crane', '1.1.0', moduleOf(2));
  await onlineOf(tree, disk).publish(trustOf(tree), now);
  writeWorkFile(tree, 'trust/roles/crane.json', role);
  tree.disk.remove('/fleet/releases/crane/1.1.0.wasm');
  release(tree, 'crane', '1.1.0', moduleOf(3));
  const codes = await onlineOf(tree, disk).judge(trustOf(tree), now);
  t.deepEqual(
    codes.map(({ code }) => code),
    ['TRUST_VERSION_REUSED', 'RELEASE_NAME_REUSED'],
  );
});

test('whichever write fails, the next try publishes it all: no snapshot is left that no timestamp names', async (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  const born = trustRoot(readWorkFile(tree, 'trust/1.root.json')!);
  const before = trustOf(tree);
  release(tree, 'crane', '1.1.0', moduleOf(2));
  for (let failing = 0, hasFailed = true; hasFailed; failing++) {
    const disk = new SimDisk();
    const online = onlineOf(tree, disk);
    await online.publish(before, now);
    const rename = disk.rename.bind(disk);
    let renamed = 0;
    hasFailed = false;
    disk.rename = (from, to) => {
      hasFailed ||= renamed === failing;
      if (renamed++ === failing) throw new DiskError('NO_SPACE', to, 'no space left on device');
      rename(from, to);
    };
    await online.publish(trustOf(tree), now).catch(() => {});
    await online.publish(trustOf(tree), now);
    t.is(findTarget(refresh(born, disk, ['crane/1.1.0.wasm'], now), 'crane/1.1.0.wasm')?.role, 'crane');
  }
});

test('an application that leaves git stays named in the snapshot, as devices demand', async (t) => {
  const tree = newTree();
  const bare = readWorkFile(tree, 'trust/targets.json')!;
  release(tree, 'crane', '1.0.0', moduleOf(1));
  const disk = new SimDisk();
  await onlineOf(tree, disk).publish(trustOf(tree), now);
  const device = refresh(trustRoot(readWorkFile(tree, 'trust/1.root.json')!), disk, [path], now);
  writeWorkFile(tree, 'trust/targets.json', bare);
  signMetadata(tree, { now, renew: true, roles: 'all', announce: () => {} });
  signMetadata(tree, { now, renew: true, roles: 'all', announce: () => {} });
  await onlineOf(tree, disk).publish(trustOf(tree), now);
  t.notThrows(() => refresh(device, disk, [], now));
});

test('a root that does not name the controller’s keys is refused', async (t) => {
  const tree = newTree(1);
  const other = newTree(2);
  const online = onlineOf(other, new SimDisk());
  t.deepEqual(
    (await online.judge(trustOf(tree), now)).map(({ code }) => code),
    ['TRUST_ONLINE_KEY', 'TRUST_ONLINE_KEY', 'TRUST_ONLINE_KEY'],
  );
});

test('a root that wants two to sign what the controller signs alone is refused', async (t) => {
  const tree = newTree();
  const trust = trustOf(tree);
  const root = trust.roots.at(-1)!;
  const json = root.signed.toJSON() as unknown as { roles: Record<string, { threshold: number }> };
  for (const role of ['snapshot', 'timestamp']) json.roles[role]!.threshold = 2;
  const signed = Root.fromJSON(json as unknown as Parameters<typeof Root.fromJSON>[0]);
  const keys = readControllerKeys(tree.disk, '/fleet/.fleet/keys/online');
  t.deepEqual(judgeOnlineKeys(trust, keys), []);
  const problems = judgeOnlineKeys({ ...trust, roots: [{ ...root, signed }] }, keys);
  t.deepEqual(
    problems.map(({ message }) => /signs the (\w+) with key/.exec(message)?.[1]),
    ['snapshot', 'timestamp'],
  );
});

test('whenever the power is cut, a device finds the old state or the new one, and the next start completes it', async (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  const before = trustOf(tree);
  release(tree, 'crane', '1.1.0', moduleOf(2));
  release(tree, 'buoy', '1.0.0', moduleOf(3));
  const after = trustOf(tree);
  const born = trustRoot(readWorkFile(tree, 'trust/1.root.json')!);
  const random = new SimRandom(3);
  const fates = [loseAll, keepAll, () => random.fraction()];
  for (let cut = 0, complete = false; !complete; cut++) {
    t.true(cut < 200);
    complete = true;
    for (const fate of fates) {
      const disk = new SimDisk();
      await onlineOf(tree, disk).publish(before, now);
      const device = refresh(born, disk, [path], now);
      disk.crashAfter(cut);
      try {
        await onlineOf(tree, disk).publish(after, now);
      } catch (error) {
        complete = false;
        t.true(error instanceof PowerCut);
      }
      disk.crash(fate);
      disk.restart();
      t.notThrows(() => refresh(device, disk, [path], now), `after ${cut} operations`);
      const restarted = onlineOf(tree, disk);
      t.deepEqual(await restarted.judge(after, now), []);
      await restarted.publish(after, now);
      const updated = refresh(device, disk, ['buoy/1.0.0.wasm'], now);
      t.is(findTarget(updated, 'buoy/1.0.0.wasm')?.role, 'buoy');
    }
  }
});

test('verifyTrust() names the file of every fault and the reason', async (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  release(tree, 'buoy', '1.0.0', moduleOf(2));
  const files = readTrustFiles(tree);
  const broken = (path: string, change: (text: string) => string) => {
    const text = change(new TextDecoder().decode(files.get(path)));
    const verified = verifyTrust(new Map([...files, [path, new TextEncoder().encode(text)]]));
    return 'problems' in verified ? verified.problems.map(({ file, code }) => `${file} ${code}`) : [];
  };
  t.deepEqual(
    broken('trust/roles/crane.json', (text) => text.replace(/"version": \d+/, '"version": 2')),
    ['trust/roles/crane.json TRUST_ROLE_THRESHOLD'],
  );
  t.deepEqual(
    broken('trust/targets.json', () => '{'),
    ['trust/targets.json TRUST_TARGETS_MALFORMED'],
  );
  t.deepEqual(
    broken('trust/deployment-keys.json', (text) => `${text} `),
    ['trust/deployment-keys.json TRUST_DEPLOYMENT_KEYS_HASH_MISMATCH'],
  );
  t.deepEqual(
    broken('trust/1.root.json', (text) => text.replace('20', '21')),
    ['trust/1.root.json TRUST_ROOT_THRESHOLD'],
  );
  t.true('problems' in verifyTrust(new Map()));
  const pointer = new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n');
  for (const path of files.keys()) {
    const verified = verifyTrust(new Map([...files, [path, pointer]]));
    const told = 'problems' in verified ? verified.problems : [];
    t.regex(told[0]?.message ?? '', /git holds a Git LFS pointer here and not the file; git lfs untrack it/, path);
  }
});
