import fs from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { annotatedTag, writeRef } from 'isomorphic-git';
import { resolveCommit } from '../../../controller/source/named-commit.ts';
import { TestRepository, temporaryDirectory } from './git-fixture.ts';

test('a commit is found by HEAD, branch, tag, id, the beginning of an id, and by its descendants', async (t) => {
  const repository = await TestRepository.create(join(temporaryDirectory(t), 'fleet.git'));
  const first = await repository.commit({ 'a.yaml': '1' });
  const second = await repository.commit({ 'a.yaml': '2' }, { parents: [first] });
  const third = await repository.commit({ 'a.yaml': '3' }, { parents: [second] });
  await writeRef({ fs, dir: repository.path, gitdir: repository.path, ref: 'refs/tags/v1', value: first });
  const tagger = { name: 'Ada', email: 'ada@example.org' };
  await annotatedTag({ fs, dir: repository.path, gitdir: repository.path, ref: 'v2', object: second, tagger });
  const found = async (name: string) => (await resolveCommit(fs, repository.path, name)).oid;
  t.is(await found('HEAD'), third);
  t.is(await found('main'), third);
  t.is(await found('v1'), first);
  t.is(await found('v2'), second);
  t.is(await found('v2^'), first);
  t.is(await found(second), second);
  t.is(await found(second.slice(0, 8)), second);
  t.is(await found('HEAD~1'), second);
  t.is(await found('HEAD~'), second);
  t.is(await found('HEAD^'), second);
  t.is(await found('main~1^'), first);
});

test('a commit that is not there, and the parent of the first, are NOT_FOUND', async (t) => {
  const repository = await TestRepository.create(join(temporaryDirectory(t), 'fleet.git'));
  await repository.commit({ 'a.yaml': '1' });
  for (const name of ['nowhere', 'HEAD~1', 'abcdef12']) {
    await t.throwsAsync(resolveCommit(fs, repository.path, name), { code: 'NOT_FOUND' }, name);
  }
});

test('a commit before the oldest of a shallow clone is GONE, and told how to come by', async (t) => {
  const repository = await TestRepository.create(join(temporaryDirectory(t), 'fleet.git'));
  const oldest = await repository.commit({ 'a.yaml': '1' }, { parents: ['1'.repeat(40)] });
  const { message } = await t.throwsAsync(resolveCommit(fs, repository.path, 'HEAD~1'), { code: 'GONE' });
  t.is(
    message,
    `HEAD~1: ${oldest.slice(0, 7)} is the oldest commit that is here; git fetch --unshallow brings those before it`,
  );
});
