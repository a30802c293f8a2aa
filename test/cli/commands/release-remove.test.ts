import test from 'ava';
import { requireUnnamed } from '../../../cli/commands/release-remove.ts';
import { readWorkingTree } from '../../../cli/working-tree.ts';
import { writeWorkFile } from '../../../controller/publishing/authoring/work-tree.ts';
import { moduleOf, newTree, release } from '../../controller/publishing/repository.ts';

function treeThatNames(version: string) {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  release(tree, 'crane', '1.1.0', moduleOf(2));
  const manifest = `apiVersion: fleet/v1alpha1\nkind: Application\nmetadata:\n  name: crane\nspec:\n  release: ${version}\n`;
  writeWorkFile(tree, 'applications/crane.yaml', Buffer.from(manifest));
  return tree;
}

test('a release that a manifest names is not removed, and the manifest is named; another one may go', async (t) => {
  const { disk, directory } = treeThatNames('1.1.0');
  const snapshot = readWorkingTree(disk, directory);
  const { message } = (await t.throwsAsync(requireUnnamed(snapshot, { name: 'crane', version: '1.1.0' })))!;
  t.regex(message, /^crane 1\.1\.0 is still named by applications\/crane\.yaml:6: .*Nothing was removed$/);
  await t.notThrowsAsync(requireUnnamed(snapshot, { name: 'crane', version: '1.0.0' }));
});

test('while a manifest can not be judged nobody knows who names a release, and none is removed', async (t) => {
  const tree = treeThatNames('1.1.0');
  writeWorkFile(tree, 'applications/buoy.yaml', Buffer.from('apiVersion: fleet/v1alpha1\nkind: [\n'));
  const snapshot = readWorkingTree(tree.disk, tree.directory);
  const { message } = (await t.throwsAsync(requireUnnamed(snapshot, { name: 'crane', version: '1.0.0' })))!;
  t.regex(message, /applications\/buoy\.yaml: \w+.*`fleet validate`/);
});
