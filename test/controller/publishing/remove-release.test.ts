import test from 'ava';
import { AuthoringError } from '../../../controller/publishing/authoring/authoring-error.ts';
import { listReleases } from '../../../controller/publishing/authoring/list-releases.ts';
import { removeRelease } from '../../../controller/publishing/authoring/remove-release.ts';
import { verifyRepository } from '../../../controller/publishing/authoring/verify-repository.ts';
import { readWorkFile, type WorkTree, writeWorkFile } from '../../../controller/publishing/authoring/work-tree.ts';
import { SimDisk } from '../../sim/sim-disk.ts';
import { moduleOf, newTree, now, onlineOf, release, trustOf } from './repository.ts';

function treeOfTwo() {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  release(tree, 'crane', '1.1.0', moduleOf(2));
  return tree;
}

function remove(tree: WorkTree, version: string): readonly string[] {
  const told: string[] = [];
  removeRelease(tree, { name: 'crane', version, now: now + 1000, announce: (lines) => told.push(...lines) });
  return told;
}

test('a removed release is gone from metadata and files, what is left verifies and is published, and words came before', async (t) => {
  const tree = treeOfTwo();
  const online = onlineOf(tree, new SimDisk());
  await online.publish(trustOf(tree), now);
  t.regex(
    remove(tree, '1.0.0').join('\n'),
    /signs trust\/roles\/crane\.json .*\n {2}names no more crane\/1\.0\.0\.wasm/,
  );
  t.is(readWorkFile(tree, 'releases/crane/1.0.0.wasm'), undefined);
  t.deepEqual(
    listReleases(tree).map(({ version }) => version),
    ['1.1.0'],
  );
  t.deepEqual(verifyRepository(tree, now), { problems: [], releases: 1 });
  t.deepEqual(await online.judge(trustOf(tree), now + 2000), []);
});

test('without its key, or when nothing names it, a release is not removed and nothing changes', async (t) => {
  const tree = treeOfTwo();
  const code = (version: string) => t.throws(() => remove(tree, version), { instanceOf: AuthoringError })?.code;
  t.is(code('9.9.9'), 'RELEASE_UNKNOWN');
  tree.disk.remove('/fleet/.fleet/keys/offline/release-crane.pem');
  const before = readWorkFile(tree, 'trust/roles/crane.json');
  t.is(code('1.0.0'), 'KEY_MISSING');
  t.deepEqual(readWorkFile(tree, 'trust/roles/crane.json'), before);
  t.not(readWorkFile(tree, 'releases/crane/1.0.0.wasm'), undefined);
});

test('nothing is removed over what an attacker left unsigned', async (t) => {
  const tree = treeOfTwo();
  const role = JSON.parse(Buffer.from(readWorkFile(tree, 'trust/roles/crane.json')!).toString());
  const planted = { ...role.signed.targets['crane/1.0.0.wasm'], length: 7 };
  role.signed.targets['crane/6.6.6.wasm'] = planted;
  writeWorkFile(tree, 'trust/roles/crane.json', Buffer.from(JSON.stringify({ ...role, signatures: [] })));
  const refusal = t.throws(() => remove(tree, '1.0.0'), { instanceOf: AuthoringError });
  t.is(refusal?.code, 'TRUST_UNSIGNED');
  t.not(readWorkFile(tree, 'releases/crane/1.0.0.wasm'), undefined);
});
