/** What an attacker leaves in `trust/` for somebody with a key to sign. */
import test, { type ExecutionContext } from 'ava';
import { addRelease } from '../../../controller/publishing/authoring/add-release.ts';
import { AuthoringError, type AuthoringErrorCode } from '../../../controller/publishing/authoring/authoring-error.ts';
import { makeTrust } from '../../../controller/publishing/authoring/make-trust.ts';
import { removeRelease } from '../../../controller/publishing/authoring/remove-release.ts';
import { rotateKeys } from '../../../controller/publishing/authoring/rotate-keys.ts';
import { signMetadata } from '../../../controller/publishing/authoring/sign-metadata.ts';
import {
  readTrustFiles,
  readWorkFile,
  type WorkTree,
  writeWorkFile,
} from '../../../controller/publishing/authoring/work-tree.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import { SimDisk } from '../../sim/sim-disk.ts';
import { moduleOf, newTree, now, release } from './repository.ts';

const minuteMs = 60_000;

function refusedWith(t: ExecutionContext, act: () => unknown, code: AuthoringErrorCode): string {
  const error = t.throws(act, { instanceOf: AuthoringError });
  t.is(error?.code, code, error?.message);
  return error?.message ?? '';
}

/** Changes a file of metadata as who has no key can. */
function forge(tree: WorkTree, path: string, change: (signed: never) => void): void {
  const document = JSON.parse(Buffer.from(readWorkFile(tree, path)!).toString());
  change(document.signed as never);
  writeWorkFile(tree, path, Buffer.from(JSON.stringify(document)));
}

function evilTarget(signed: { targets: Record<string, unknown> }): void {
  signed.targets['crane/6.6.6.wasm'] = { length: 1, hashes: { sha256: 'ab'.repeat(32) } };
}

function craneTree() {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  release(tree, 'buoy', '1.0.0', moduleOf(2));
  return tree;
}

test('release add signs nothing over what an attacker left unsigned, in any file that the signature stands on', (t) => {
  const forgeries: [string, (signed: never) => void][] = [
    ['trust/roles/crane.json', evilTarget as never],
    ['trust/targets.json', ((signed: { version: number }) => signed.version++) as never],
    ['trust/1.root.json', ((signed: { expires: string }) => (signed.expires = '2099-01-01T00:00:00Z')) as never],
  ];
  for (const [path, change] of forgeries) {
    const tree = craneTree();
    forge(tree, path, change);
    const before = readTrustFiles(tree);
    refusedWith(
      t,
      () => release(tree, 'crane', '1.1.0', moduleOf(3)),
      path.includes('root') ? 'TRUST_FOREIGN' : 'TRUST_UNSIGNED',
    );
    t.deepEqual(readTrustFiles(tree), before, path);
    t.is(readWorkFile(tree, 'releases/crane/1.1.0.wasm'), undefined);
  }
  const tree = craneTree();
  writeWorkFile(tree, 'trust/deployment-keys.json', Buffer.from('{"keys":[]}'));
  const message = refusedWith(t, () => release(tree, 'crane', '1.1.0', moduleOf(3)), 'TRUST_UNSIGNED');
  t.regex(message, /trust\/deployment-keys\.json is not what its keys signed/);
});

test('a role that was taken away is not begun anew without the releases that it named', (t) => {
  const tree = craneTree();
  tree.disk.remove('/fleet/trust/roles/crane.json');
  const before = readTrustFiles(tree);
  const message = refusedWith(t, () => release(tree, 'crane', '1.1.0', moduleOf(3)), 'TRUST_MISSING');
  t.regex(message, /trust\/roles\/crane\.json does not exist.*\(1\.0\.0\.wasm\)/);
  t.deepEqual(readTrustFiles(tree), before);
  t.true(release(tree, 'crane', '1.0.0', moduleOf(1)).added, 'as after a power cut before its first signature');
});

test('a clock that is behind by more than a day signs nothing: it would have ended where the clock is right', (t) => {
  const tree = craneTree();
  const before = readTrustFiles(tree);
  const dayMs = 86_400_000;
  for (const at of [0, now - 2 * dayMs]) {
    refusedWith(t, () => release(tree, 'crane', '1.1.0', moduleOf(3), at), 'CLOCK_BEHIND');
    const renew = () => signMetadata(tree, { now: at, renew: true, roles: ['targets', 'crane'], announce: () => {} });
    refusedWith(t, renew, 'CLOCK_BEHIND');
    const renewRoot = () => signMetadata(tree, { now: at, renew: true, roles: ['root'], announce: () => {} });
    refusedWith(t, renewRoot, 'CLOCK_BEHIND');
    const roles = new Set(['root'] as const);
    const rotate = () => rotateKeys(tree, { now: at, random: new SimRandom(61), roles, announce: () => {} });
    refusedWith(t, rotate, 'CLOCK_BEHIND');
    t.deepEqual(readTrustFiles(tree), before);
  }
  t.true(release(tree, 'crane', '1.1.0', moduleOf(3), now - dayMs / 2).signed);
});

/** A tree that names crane 1.0.0 again, which was taken out after this state of it, and what the newest state was. */
function replayed() {
  const tree = craneTree();
  release(tree, 'crane', '1.1.0', moduleOf(3), now + minuteMs);
  const older = readTrustFiles(tree);
  const bytes = readWorkFile(tree, 'releases/crane/1.0.0.wasm')!;
  removeRelease(tree, { name: 'crane', version: '1.0.0', now: now + 2 * minuteMs, announce: () => {} });
  const newest = readTrustFiles(tree);
  for (const [path, file] of older) writeWorkFile(tree, path, file);
  writeWorkFile(tree, 'releases/crane/1.0.0.wasm', bytes);
  const at = now + 3 * minuteMs;
  const rotation = { random: new SimRandom(61), now: at, roles: new Set<never>(), applications: ['crane'] };
  const acts = (on: WorkTree): Readonly<Record<string, () => unknown>> => ({
    add: () => release(on, 'crane', '1.2.0', moduleOf(4), at),
    remove: () => removeRelease(on, { name: 'crane', version: '1.1.0', now: at, announce: () => {} }),
    renew: () => signMetadata(on, { now: at, renew: true, roles: ['crane'], announce: () => {} }),
    rotate: () => rotateKeys(on, { ...rotation, announce: () => {} }),
  });
  const forget = () => tree.disk.remove('/fleet/.fleet/keys/offline/newest/crane.json');
  return { tree, older, newest, acts, forget };
}

test('an older file that was put back, signed as it is, is no ground for any signature: what was taken out would be named again', (t) => {
  const { tree, older, newest, acts, forget } = replayed();
  for (const [what, act] of Object.entries(acts(tree))) {
    t.regex(refusedWith(t, act, 'TRUST_OLDER'), /it names crane\/1\.0\.0\.wasm/, what);
    t.deepEqual(readTrustFiles(tree), older);
  }
  forget();
  const published = { ...tree, known: [{ where: 'the controller published it', files: newest }] };
  for (const act of Object.values(acts(published))) {
    t.regex(refusedWith(t, act, 'TRUST_OLDER'), /is known \(the controller published it\)/);
  }
  t.deepEqual(readTrustFiles(tree), older);
  t.notThrows(acts(tree).add!, 'where nobody knows better');
});

test('a newer file that its keys did not sign is not held against a tree', (t) => {
  const { tree, newest, acts, forget } = replayed();
  forget();
  const document = JSON.parse(Buffer.from(newest.get('trust/roles/crane.json')!).toString());
  document.signed.version += 1;
  const files = new Map([['trust/roles/crane.json', Buffer.from(JSON.stringify(document))]]);
  t.notThrows(acts({ ...tree, known: [{ where: 'somebody pushed it', files }] }).add!);
});

test('what is unsigned elsewhere does not keep an application from being released', (t) => {
  const tree = craneTree();
  forge(tree, 'trust/roles/buoy.json', evilTarget as never);
  t.true(release(tree, 'crane', '1.1.0', moduleOf(3)).signed);
});

test('a whole forged trust that names the honest release key is refused: the root beside the keys is another one', (t) => {
  const honest = craneTree();
  const forged = newTree(66);
  release(forged, 'crane', '6.6.6', moduleOf(66));
  for (const path of readTrustFiles(honest).keys()) honest.disk.remove(`/fleet/${path}`);
  for (const [path, bytes] of readTrustFiles(forged)) writeWorkFile(honest, path, bytes);
  const message = refusedWith(t, () => release(honest, 'crane', '1.1.0', moduleOf(3)), 'TRUST_FOREIGN');
  t.regex(message, /Nothing was signed/);
  refusedWith(t, () => signMetadata(honest, { now, renew: true, roles: 'all', announce: () => {} }), 'TRUST_FOREIGN');
});

test('a tree whose newest root was taken away is no ground to sign on', (t) => {
  const tree = craneTree();
  signMetadata(tree, { now, renew: true, roles: ['root'], announce: () => {} });
  t.true(release(tree, 'crane', '1.1.0', moduleOf(3)).signed);
  tree.disk.remove('/fleet/trust/2.root.json');
  refusedWith(t, () => release(tree, 'crane', '1.2.0', moduleOf(4)), 'TRUST_FOREIGN');
});

test('every signature is announced in words before it is made', (t) => {
  const tree = newTree();
  const lines: string[] = [];
  const announce = (more: readonly string[]) => lines.push(...more);
  addRelease(tree, {
    ...{ name: 'crane', version: '1.0.0', bytes: moduleOf(1), file: 'x.wasm', now, announce },
    random: new SimRandom(77),
  });
  const text = lines.join('\n').replace(/\b[0-9a-f]{12,64}\b/g, 'HEX');
  t.is(
    text,
    `signs trust/targets.json version ${now / 1000} with HEX; it
  delegates crane/* to 1 of 1 key (HEX)
signs trust/roles/crane.json version ${now / 1000} with HEX; it
  names crane/1.0.0.wasm, 57 bytes, sha256 HEX
  is valid until 2027-06-01T00:00:00Z`,
  );
  lines.length = 0;
  addRelease(tree, {
    ...{ name: 'crane', version: '1.1.0', bytes: moduleOf(2), file: 'x.wasm', now, announce },
    random: new SimRandom(77),
  });
  t.deepEqual(
    lines.filter((line) => line.includes('wasm')).map((line) => line.slice(0, 27)),
    ['  names crane/1.1.0.wasm, 5'],
  );
});

test('release sign signs what it was asked for and no more, and tells all that an unsigned file says', (t) => {
  const tree = craneTree();
  forge(tree, 'trust/roles/crane.json', evilTarget as never);
  const before = readTrustFiles(tree);
  const lines: string[] = [];
  const sign = (roles: readonly string[] | 'all', renew = false) =>
    signMetadata(tree, { now: now + minuteMs, renew, roles, announce: (more) => lines.push(...more) });
  const states = sign([]);
  t.deepEqual(readTrustFiles(tree), before);
  t.deepEqual(
    states.map(({ role, signatures, threshold }) => `${role} ${signatures}/${threshold}`),
    ['root 1/1', 'targets 1/1', 'crane 0/1', 'buoy 1/1'],
  );
  refusedWith(t, () => sign(['crane'], true), 'TRUST_UNSIGNED');
  refusedWith(t, () => sign('all', true), 'TRUST_UNSIGNED');
  refusedWith(t, () => sign(['ghost']), 'ROLE_UNKNOWN');
  t.deepEqual(readTrustFiles(tree), before);
  sign(['buoy'], true);
  t.is(lines.filter((line) => line.startsWith('signs')).length, 1);
  lines.length = 0;
  sign(['crane']);
  t.true(lines.some((line) => line.includes('crane/1.0.0.wasm')));
  t.true(
    lines.some((line) => line.includes('crane/6.6.6.wasm')),
    'whoever signs is shown what was slipped in',
  );
});

test('what has no key here may be prepared on what is not signed yet: nothing is vouched for', (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  const path = '.fleet/keys/offline/release-crane.pem';
  const pem = readWorkFile(tree, path)!;
  tree.disk.remove(`/fleet/${path}`);
  t.false(release(tree, 'crane', '1.1.0', moduleOf(3)).signed);
  t.false(release(tree, 'crane', '1.2.0', moduleOf(4)).signed);
  writeWorkFile(tree, path, pem);
  const lines: string[] = [];
  signMetadata(tree, { now, renew: false, roles: ['crane'], announce: (more) => lines.push(...more) });
  for (const version of ['1.0.0', '1.1.0', '1.2.0'])
    t.true(lines.some((line) => line.includes(`crane/${version}.wasm`)));
});

test('keys that came here without a root remember the one that they sign under first', (t) => {
  const tree = craneTree();
  tree.disk.remove('/fleet/.fleet/keys/offline/trusted-root.json');
  t.true(release(tree, 'crane', '1.1.0', moduleOf(3)).signed);
  const root = readWorkFile(tree, '.fleet/keys/offline/trusted-root.json');
  t.deepEqual(root, readWorkFile(tree, 'trust/1.root.json'));
});

test('a root that replaces its keys is told with who was entrusted before', (t) => {
  const disk = new SimDisk();
  disk.makeDirectory('/fleet');
  const tree = { disk, directory: '/fleet' };
  makeTrust(tree, { random: new SimRandom(5), now, rootKeys: 2, rootThreshold: 2 });
  const root = Buffer.from(readWorkFile(tree, 'trust/1.root.json')!).toString();
  const next = JSON.parse(root);
  next.signed.version = 2;
  next.signed.roles.root.threshold = 1;
  writeWorkFile(tree, 'trust/2.root.json', Buffer.from(JSON.stringify(next)));
  const lines: string[] = [];
  signMetadata(tree, { now, renew: false, roles: ['root'], announce: (more) => lines.push(...more) });
  t.true(
    lines.some((line) => /entrusts root to 1 of 2 keys .*; before: root to 2 of 2 keys/.test(line)),
    lines.join('\n'),
  );
});

test('a key that lay there before its application was delegated to is pointed out: somebody may have put it there', (t) => {
  const tree = newTree();
  const lines: string[] = [];
  const add = (name: string) =>
    addRelease(tree, {
      ...{ name, version: '1.0.0', bytes: moduleOf(1), file: 'x.wasm', now },
      ...{ random: new SimRandom(78), announce: (more: readonly string[]) => lines.push(...more) },
    });
  add('crane');
  t.false(lines.some((line) => line.includes('lay there')));
  const planted = readWorkFile(tree, '.fleet/keys/offline/release-crane.pem')!;
  writeWorkFile(tree, '.fleet/keys/offline/release-buoy.pem', planted);
  add('buoy');
  t.true(lines.some((line) => line.startsWith('.fleet/keys/offline/release-buoy.pem lay there before')));
});
