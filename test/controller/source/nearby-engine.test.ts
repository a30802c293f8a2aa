import fs, { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { GitEngine } from '../../../controller/source/git-engine.ts';
import { nearbyEngine } from '../../../controller/source/nearby-engine.ts';
import { temporaryDirectory } from './git-fixture.ts';

const { signal } = new AbortController();

/** Says where it was asked. */
function engineThatTells(asked: string[], where: string): GitEngine {
  const tell = <T>(what: string, answer: T) => {
    asked.push(`${what} ${where}`);
    return Promise.resolve(answer);
  };
  return {
    fetchBranch: () => tell('fetch', ''),
    isAncestor: () => tell('ancestor', true),
    readBlobs: () => tell('blobs', []),
    readObject: () => tell('object', undefined),
    listTree: () => tell('list', []),
    compareTrees: () => tell('compare', []),
    entryAt: () => tell('entry', undefined),
  };
}

test('a few objects of a small repository are read here, and whatever takes long is done on a thread', async (t) => {
  const gitDirectory = temporaryDirectory(t);
  const packs = join(gitDirectory, 'objects/pack');
  mkdirSync(packs, { recursive: true });
  const asked: string[] = [];
  const engine = nearbyEngine(fs, engineThatTells(asked, 'here'), engineThatTells(asked, 'on a thread'));
  const askAll = async () => {
    await engine.readObject(gitDirectory, 'a', signal);
    await engine.entryAt(gitDirectory, 'a', 'b', signal);
    await engine.compareTrees(gitDirectory, 'a', 'b', signal);
    await engine.readBlobs(gitDirectory, ['a'], signal);
    return asked.splice(0);
  };
  const small = ['object here', 'entry here', 'compare here', 'blobs here'];
  t.deepEqual(await askAll(), small, 'no pack at all');
  writeFileSync(join(packs, 'a.idx'), new Uint8Array(100_000));
  writeFileSync(join(packs, 'a.pack'), new Uint8Array(1_000_000));
  t.deepEqual(await askAll(), small);
  await engine.readBlobs(gitDirectory, Array<string>(100).fill('a'), signal);
  await engine.listTree(gitDirectory, 'a', signal);
  await engine.isAncestor(gitDirectory, 'a', 'b', signal);
  t.deepEqual(asked.splice(0), ['blobs on a thread', 'list on a thread', 'ancestor on a thread']);
  writeFileSync(join(packs, 'b.idx'), new Uint8Array(200_000));
  const large = small.map((one) => one.replace('here', 'on a thread'));
  t.deepEqual(await askAll(), large, 'indices of many objects together');
  writeFileSync(join(packs, 'b.idx'), new Uint8Array(0));
  writeFileSync(join(packs, 'b.pack'), new Uint8Array(10_000_000));
  t.deepEqual(await askAll(), large, 'packs that would stay in memory');
  writeFileSync(join(packs, 'b.pack'), new Uint8Array(0));
  t.deepEqual(await askAll(), small);
  for (let pack = 0; pack < 70; pack += 1) writeFileSync(join(packs, `small-${pack}.pack`), '');
  let looks = 0;
  const counting = {
    promises: {
      ...fs.promises,
      stat: (path: string) => {
        looks += 1;
        return fs.promises.stat(path);
      },
    },
  } as unknown as typeof fs;
  const many = nearbyEngine(counting, engineThatTells(asked, 'here'), engineThatTells(asked, 'on a thread'));
  await many.readObject(gitDirectory, 'a', signal);
  t.deepEqual([asked, looks], [['object on a thread'], 0], 'many packs, none of which is looked at for every object');
});
