import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import git from 'isomorphic-git';
import { commitAll } from '../../../platform/node/git-commit.ts';

test('commitAll() commits what is new, what changed and what is gone', async (t) => {
  const dir = fs.mkdtempSync(join(tmpdir(), 'fleet-commit-'));
  t.teardown(() => fs.rmSync(dir, { recursive: true }));
  const contentOf = async (oid: string, filepath: string) =>
    Buffer.from((await git.readBlob({ fs, dir, oid, filepath })).blob).toString();
  fs.writeFileSync(join(dir, 'changes'), 'before');
  fs.writeFileSync(join(dir, 'goes'), 'x');
  const first = await commitAll(dir, 'one');
  t.deepEqual(await git.listFiles({ fs, dir, ref: first }), ['changes', 'goes']);
  fs.writeFileSync(join(dir, 'changes'), 'afterwards');
  fs.rmSync(join(dir, 'goes'));
  fs.writeFileSync(join(dir, 'comes'), 'y');
  const second = await commitAll(dir, 'two');
  t.deepEqual(await git.listFiles({ fs, dir, ref: second }), ['changes', 'comes']);
  t.is(await contentOf(second, 'changes'), 'afterwards');
});
