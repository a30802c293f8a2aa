import test from 'ava';
import { JudgedKeeper } from '../../../controller/following/judged-keeper.ts';
import { emptyTree } from '../../../controller/manifests/fleet-tree.ts';
import { emptyManifestState } from '../../../controller/manifests/manifest-state.ts';
import type { JudgedTree } from '../../../controller/manifests/stored/judged-tree.ts';
import { nodeClock } from '../../../platform/node/clock.ts';

/** A keeper that has kept the first of these trees, and which of them it kept in all when it has noted the others. */
async function keptOf(...steps: readonly (readonly [id: string, files: number, devices: number])[]): Promise<string[]> {
  const kept: string[] = [];
  const place = {
    open: async () => undefined,
    keep: async ({ id }: JudgedTree) => {
      kept.push(id);
    },
  };
  const keeper = new JudgedKeeper(place, nodeClock, { write: () => {} });
  for (const [id, files, devices] of steps) {
    keeper.note({ id, tree: emptyTree, state: emptyManifestState }, files, devices);
    await new Promise(setImmediate);
  }
  await keeper.stop();
  return kept;
}

test('what was judged is kept anew once so many files, or devices that one file draws along, lie over it that a start is long', async (t) => {
  t.deepEqual(await keptOf(['first', 2_000, 2_000], ['a file of one device', 1, 1]), ['first']);
  t.deepEqual(await keptOf(['first', 2_000, 2_000], ['a file of each fleet', 3, 2_000]), [
    'first',
    'a file of each fleet',
  ]);
  const many = Array.from({ length: 5 }, (_, at) => [`change ${at}`, 2, 60] as const);
  t.deepEqual(await keptOf(['first', 2_000, 2_000], ...many), ['first', 'change 4']);
});
