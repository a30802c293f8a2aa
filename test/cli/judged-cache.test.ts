import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { FleetRepository } from '../../cli/fleet-repository.ts';
import type { LaidTree } from '../../cli/fleet-revision.ts';
import { findJudged, keepJudged } from '../../cli/judged-cache.ts';
import { emptyTree } from '../../controller/manifests/fleet-tree.ts';
import { nodeClock } from '../../platform/node/clock.ts';
import { nodeDisk } from '../../platform/node/disk.ts';
import { nodeRandom } from '../../platform/node/random.ts';
import { harbor, stateOf } from '../controller/manifests/fleet-fixture.ts';

const state = stateOf(harbor);

function treeId(number: number): string {
  return number.toString(16).padStart(40, '0');
}

/** A tree that differs from its underlay in so many files. */
function laid(id: string, differing: number): LaidTree {
  const files = Array.from({ length: differing }, (_, at) => ({ path: `devices/${at}.yaml`, oid: id }));
  return { id, tree: emptyTree, changes: { files, odd: [] } } as unknown as LaidTree;
}

function scene(t: ExecutionContext) {
  const home = mkdtempSync(join(tmpdir(), 'fleet-judged-'));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const context = { disk: nodeDisk, clock: nodeClock, random: nodeRandom, environment: { HOME: home } };
  const known = new Set<string>();
  const repository = { git: { hasTree: async (id: string) => known.has(id) } } as unknown as FleetRepository;
  const directory = join(home, '.cache/fleet/judged');
  return {
    ...{ directory, known },
    find: async () => (await findJudged(context, repository))?.id,
    keep: (id: string, differing = 1000) => {
      known.add(id);
      return keepJudged(context, repository, laid(id, differing), state);
    },
  };
}

test('where nobody was before, what was judged is not written down: from the second time on it is', async (t) => {
  const { directory, known, find, keep } = scene(t);
  await keep(treeId(1));
  t.is(await find(), undefined);
  t.is(statSync(join(directory, readdirSync(directory)[0]!)).size, 0);
  await keep(treeId(2));
  t.is(await find(), treeId(2));
  t.deepEqual(readdirSync(directory), [`00000002-${treeId(2)}`]);
  // Another repository was not asked about before.
  known.clear();
  await keep(treeId(3));
  t.is(await find(), undefined);
});

test('what was judged last of this repository is found, and another one has nothing of it', async (t) => {
  const { directory, known, find, keep } = scene(t);
  t.is(await find(), undefined);
  for (const number of [0, 1, 2]) await keep(treeId(number));
  t.is(await find(), treeId(2));
  known.delete(treeId(2));
  t.is(await find(), treeId(1));
  known.clear();
  t.is(await find(), undefined);
  t.is(statSync(directory).mode & 0o777, 0o700);
});

test('what hardly differs from what is kept is not kept too', async (t) => {
  const { find, keep } = scene(t);
  await keep(treeId(0));
  await keep(treeId(1), 100);
  t.is(await find(), undefined);
});

test('the oldest go when there are many, and nothing is left of the writing', async (t) => {
  const { directory, find, keep } = scene(t);
  for (let number = 1; number <= 9; number += 1) await keep(treeId(number));
  t.deepEqual(
    readdirSync(directory),
    [4, 5, 6, 7, 8, 9].map((number) => `0000000${number}-${treeId(number)}`),
  );
  t.is(await find(), treeId(9));
});

test('what is damaged is removed, and the one before is taken', async (t) => {
  const { directory, find, keep } = scene(t);
  for (const number of [0, 1, 2]) await keep(treeId(number));
  const file = join(directory, readdirSync(directory)[1]!);
  const bytes = readFileSync(file);
  bytes[100]! ^= 1;
  writeFileSync(file, bytes);
  t.is(await find(), treeId(1));
  t.is(readdirSync(directory).length, 1);
});

test('a cache that can not be written is as if there were none', async (t) => {
  const { directory, find, keep } = scene(t);
  nodeDisk.makeDirectory(join(directory, '..'));
  writeFileSync(directory, 'a file in its place');
  await t.notThrowsAsync(keep(treeId(1)));
  t.is(await find(), undefined);
});
