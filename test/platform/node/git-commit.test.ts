import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import git from 'isomorphic-git';
import { commitAll } from '../../../platform/node/git-commit.ts';

test.serial('commitAll() commits what is new, what changed and what is gone', async (t) => {
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

test.serial(
  'where git knows no committer the repository names one, lest the user of a demo cannot commit',
  async (t) => {
    const home = fs.mkdtempSync(join(tmpdir(), 'fleet-home-'));
    const before = { ...process.env };
    for (const name of ['XDG_CONFIG_HOME', 'EMAIL', 'GIT_COMMITTER_EMAIL']) delete process.env[name];
    process.env.HOME = home;
    t.teardown(() => {
      for (const [name, value] of Object.entries(before)) if (value !== undefined) process.env[name] = value;
      fs.rmSync(home, { recursive: true });
    });
    const nameIn = async (dir: string): Promise<string | undefined> => {
      fs.mkdirSync(dir);
      await commitAll(dir, 'one');
      return git.getConfig({ fs, dir, path: 'user.email' });
    };
    t.is(await nameIn(join(home, 'unnamed')), 'fleet@localhost');
    fs.writeFileSync(join(home, '.gitconfig'), '[user]\n\tname = Ada\n\temail = ada@example.org\n');
    t.is(await nameIn(join(home, 'named')), undefined);
  },
);
