/** What a controller believes of what lies where it publishes: whoever owns that place is not who signs. */
import test from 'ava';
import { privateKeyFromSeed } from '../../../artifact/trust/keys.ts';
import { trustRoot } from '../../../artifact/trust/tuf/root.ts';
import { readControllerKeys } from '../../../controller/publishing/authoring/key-files.ts';
import { rotateKeys } from '../../../controller/publishing/authoring/rotate-keys.ts';
import {
  readTrustFiles,
  readWorkFile,
  type WorkTree,
  writeWorkFile,
} from '../../../controller/publishing/authoring/work-tree.ts';
import { judgeTrust } from '../../../controller/publishing/judge-trust.ts';
import { readSignedOnline, writeSignedOnline } from '../../../controller/publishing/online-memory.ts';
import { signedTimestamp } from '../../../controller/publishing/sign-online.ts';
import { writeFileDurably } from '../../../platform/durable-file.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import { SimDisk } from '../../sim/sim-disk.ts';
import { refresh } from './device.ts';
import { hourMs, moduleOf, newMemory, newTree, now, onlineOf, release, toldOf, trustOf, weekMs } from './repository.ts';

const folder = '/state/artifacts/tuf';

/** A controller that published a release of crane, and what its devices have of it. */
async function published() {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  const disk = new SimDisk();
  await onlineOf(tree, disk).publish(trustOf(tree), now);
  const born = trustRoot(readWorkFile(tree, 'trust/1.root.json')!);
  return { tree, disk, device: refresh(born, disk, ['crane/1.0.0.wasm'], now) };
}

function timestampVersion(disk: SimDisk): number {
  return JSON.parse(Buffer.from(disk.readFile(`${folder}/timestamp.json`)).toString()).signed.version;
}

function plant(disk: SimDisk, file: string, bytes: Uint8Array): void {
  writeFileDurably(disk, folder, file, bytes);
}

function forged(tree: WorkTree, version: number, isOurs: boolean): Uint8Array {
  const { timestamp } = readControllerKeys(tree.disk, '/fleet/.fleet/keys/online');
  const pin = { version, length: 10, sha256: 'a'.repeat(64) };
  const key = isOurs ? timestamp : privateKeyFromSeed(new Uint8Array(32).fill(9));
  return signedTimestamp({ version, expiresAt: now + weekMs, issuedAt: now, pin }, key);
}

const planted: Readonly<Record<string, (tree: WorkTree) => Uint8Array>> = {
  'of the highest version, by a stranger': (tree) => forged(tree, Number.MAX_SAFE_INTEGER, false),
  'a little ahead, by a stranger': (tree) => forged(tree, now / 1000 + 100, false),
  'of the highest version, by a stolen key': (tree) => forged(tree, Number.MAX_SAFE_INTEGER, true),
  'no metadata': () => Buffer.from('{}'),
};

for (const [what, bytes] of Object.entries(planted)) {
  for (const isRemembered of [true, false]) {
    const state = isRemembered ? 'remembered' : 'lost with the state';
    test(`a planted timestamp, ${what}, is told and replaced by the one after the last, which is ${state}`, async (t) => {
      const { tree, disk, device } = await published();
      plant(disk, 'timestamp.json', bytes(tree));
      const online = isRemembered ? onlineOf(tree, disk) : onlineOf(tree, disk, newMemory());
      if (!isRemembered) online.resume(trustOf(tree));
      await online.renew(now + hourMs);
      t.is(timestampVersion(disk), (now + hourMs) / 1000);
      t.notThrows(() => refresh(device, disk, ['crane/1.0.0.wasm'], now + hourMs));
      t.is(toldOf(disk).length, 1, 'once');
      t.regex(toldOf(disk)[0]!, /^publishing\.metadata-distrusted: timestamp\.json/);
      await onlineOf(tree, disk).renew(now + hourMs);
      t.is(toldOf(disk).length, 1, 'and not of what took its place');
    });
  }
}

test('a timestamp of the very version that was signed last, and of another content, is none of it, by whatever key', async (t) => {
  const { tree, disk } = await published();
  plant(disk, 'timestamp.json', forged(tree, timestampVersion(disk), true));
  await onlineOf(tree, disk).renew(now + hourMs);
  t.regex(toldOf(disk).join(), /^publishing\.metadata-distrusted: timestamp\.json is of version \d+, and the newest/);
});

test('an older state that is put back whole moves nothing back: neither versions nor what trees are held against', async (t) => {
  const { tree, disk } = await published();
  const older = new Map(disk.list(folder).map((file) => [file, disk.readFile(`${folder}/${file}`)]));
  const role = readWorkFile(tree, 'trust/roles/crane.json')!;
  release(tree, 'crane', '1.1.0', moduleOf(2), now + hourMs);
  await onlineOf(tree, disk).publish(trustOf(tree), now + hourMs);
  const born = trustRoot(readWorkFile(tree, 'trust/1.root.json')!);
  const device = refresh(born, disk, ['crane/1.1.0.wasm'], now + hourMs);
  for (const file of disk.list(folder)) disk.remove(`${folder}/${file}`);
  for (const [file, bytes] of older) plant(disk, file, bytes);
  const newest = readWorkFile(tree, 'trust/roles/crane.json')!;
  writeWorkFile(tree, 'trust/roles/crane.json', role);
  const codes = (await onlineOf(tree, disk).judge(trustOf(tree), now + hourMs)).map(({ code }) => code);
  t.deepEqual(codes, ['TRUST_ROLLBACK']);
  writeWorkFile(tree, 'trust/roles/crane.json', newest);
  // A clock that was set back lends nothing either.
  await onlineOf(tree, disk).publish(trustOf(tree), now - hourMs);
  t.is(timestampVersion(disk), device.timestamp!.signed.version + 1);
  t.notThrows(() => refresh(device, disk, ['crane/1.1.0.wasm'], now + hourMs));
});

test('artifacts that are lost with all metadata are made anew above what was signed, and git may not go back meanwhile', async (t) => {
  const { tree, disk, device } = await published();
  for (const file of disk.list(folder)) disk.remove(`${folder}/${file}`);
  await onlineOf(tree, disk).publish(trustOf(tree), now - hourMs);
  t.is(timestampVersion(disk), device.timestamp!.signed.version + 1);
  t.notThrows(() => refresh(device, disk, ['crane/1.0.0.wasm'], now + hourMs));
});

test('what was signed before a stop that nothing was remembered of is newer than what is, and goes on', async (t) => {
  const { tree, disk } = await published();
  const memory = newMemory();
  const online = onlineOf(tree, disk, memory);
  await online.renew(now + weekMs);
  const before = new Map(memory.texts);
  await online.renew(now + 2 * weekMs);
  const again = onlineOf(tree, disk, { ...memory, read: async (name) => before.get(name) });
  await again.renew(now + 2 * weekMs);
  t.deepEqual([timestampVersion(disk), toldOf(disk)], [(now + 2 * weekMs) / 1000, []]);
});

test('a root that somebody plants where no root was published yet is replaced, refuses no revision, and is seen when it is served', async (t) => {
  const { tree, disk } = await published();
  plant(disk, '2.root.json', Buffer.from('{"signed":{}}'));
  plant(disk, '9007199254740991.crane.json', Buffer.from('{"signed":{"version":9007199254740991}}'));
  const online = onlineOf(tree, disk, newMemory());
  t.is(judgeTrust(readTrustFiles(tree), await online.published()).kind, 'prevails');
  rotateKeys(tree, { random: new SimRandom(61), now: now + 3_000, roles: new Set(['root']), announce: () => {} });
  await online.publish(trustOf(tree), now + 4_000);
  const right = disk.readFile(`${folder}/2.root.json`);
  t.true(online.isRight('2.root.json', right));
  t.false(online.isRight('2.root.json', Buffer.from('{}')));
});

test('keys of the controller that were rotated while it was down end nothing of what was published under the old ones', async (t) => {
  const { tree, disk, device } = await published();
  const roles = new Set(['snapshot', 'timestamp'] as const);
  rotateKeys(tree, { random: new SimRandom(61), now: now + 3_000, roles, announce: () => {} });
  const online = onlineOf(tree, disk);
  await online.renew(now + hourMs);
  t.notThrows(() => refresh(device, disk, ['crane/1.0.0.wasm'], now + hourMs), 'while no root names the new ones');
  await online.publish(trustOf(tree), now + hourMs);
  t.notThrows(() => refresh(device, disk, ['crane/1.0.0.wasm'], now + hourMs));
  t.deepEqual(toldOf(disk), []);
});

test('what is remembered is read as it was written, and what is no such text is nothing', (t) => {
  const pin = { version: 3, length: 10, sha256: 'a'.repeat(64) };
  const signed = {
    ...{ timestamp: { version: 9, sha256: 'b'.repeat(64) }, snapshotVersion: 8 },
    ...{ pins: new Map([['targets.json', pin]]), roots: new Map([[1, 'c'.repeat(64)]]) },
  };
  t.deepEqual(readSignedOnline(writeSignedOnline(signed)), signed);
  const texts = ['', '[]', '{}', '{"timestamp":{"version":1e300,"sha256":"x"}}'];
  t.deepEqual(
    texts.map(readSignedOnline),
    texts.map(() => undefined),
  );
});
