import test from 'ava';
import { addReport } from '../../../cli/commands/release-add.ts';
import { releaseTable } from '../../../cli/commands/release-list.ts';
import { signReport } from '../../../cli/commands/release-sign.ts';
import { verifyReport } from '../../../cli/commands/release-verify.ts';
import { listReleases } from '../../../controller/publishing/authoring/list-releases.ts';
import { signMetadata } from '../../../controller/publishing/authoring/sign-metadata.ts';
import { verifyRepository } from '../../../controller/publishing/authoring/verify-repository.ts';
import { moduleOf, newTree, now, release } from '../../controller/publishing/repository.ts';

test('fleet release add says what was taken in, and that a signature is missing', (t) => {
  const tree = newTree();
  const name = { name: 'crane', version: '1.0.0' };
  const added = release(tree, 'crane', '1.0.0', moduleOf(1));
  t.regex(
    addReport(name, added),
    /^crane 1\.0\.0 is releases\/crane\/1\.0\.0\.wasm: module, \d+ B, .*imports nothing\n/,
  );
  t.regex(addReport(name, { ...added, signed: false }), /not signed: run `fleet release sign crane`/);
});

test('fleet release list, sign and verify show the repository as it is', (t) => {
  const tree = newTree();
  t.regex(releaseTable(listReleases(tree), 100), /^no releases/);
  release(tree, 'crane', '1.0.0', moduleOf(1));
  t.regex(releaseTable(listReleases(tree), 100), /\ncrane {2}1\.0\.0 {4}\d+ B/);
  t.regex(
    signReport(signMetadata(tree, { now, renew: false, roles: 'all', announce: () => {} }), 100),
    /trust\/roles\/crane\.json {2}\d+ .* 1 of 1 {6}-\n/,
  );
  t.regex(verifyReport(verifyRepository(tree, now)), /^1 release: .* are right\n$/);
  tree.disk.flipBit('/fleet/releases/crane/1.0.0.wasm', 5);
  t.regex(verifyReport(verifyRepository(tree, now)), /^releases\/crane\/1\.0\.0\.wasm: RELEASE_HASH_MISMATCH /);
});
