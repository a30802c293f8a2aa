import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { commitNamed } from '../../cli/named-commit.ts';
import { parseCommit } from '../../controller/source/commit.ts';
import type { GitReading } from '../../controller/source/git-engine.ts';
import { libraryReading } from '../../controller/source/library-reading.ts';
import { Repository } from '../../controller/source/repository.ts';
import { StandingReader } from '../../controller/source/standing-reader.ts';
import { nodePrograms } from '../../platform/node/processes.ts';
import { temporaryDirectory } from '../controller/source/git-fixture.ts';
import { gitTest } from '../controller/source/git-test.ts';

gitTest('a commit is found by the names that git alone knows, and by nothing that is none', async (t) => {
  const top = temporaryDirectory(t);
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', top, '-c', 'user.name=x', '-c', 'user.email=x@y', ...args])
      .toString()
      .trim();
  git('init', '-q', '-b', 'main');
  git('commit', '-q', '--allow-empty', '-m', 'the first');
  git('commit', '-q', '--allow-empty', '-m', 'the second');
  const [first, second] = [git('rev-parse', 'HEAD~1'), git('rev-parse', 'HEAD')];
  const context = { gitFiles: fs };
  await using reader = new StandingReader(nodePrograms, `${top}/.git`, new AbortController().signal);
  const opened = { top, reader, git: new Repository(libraryReading(fs), `${top}/.git`) };
  const found = (name: string) => commitNamed(context, opened, name);
  t.is(await found('HEAD@{1}'), first);
  t.is(await found('HEAD'), second);
  const unread = { readObject: () => Promise.reject(new Error('it is read again')) } as unknown as GitReading;
  const fresh = new Repository(unread, `${top}/.git`);
  t.is(await commitNamed(context, { top, reader, git: fresh }, 'HEAD~1'), first);
  t.is(parseCommit(first, await fresh.readObject(first, 'commit')).status.subject, 'the first');
  for (const name of [
    'nowhere',
    'HEAD^{tree}',
    '--all',
    'HEAD@{9}',
    'HEAD\nHEAD',
    '^HEAD',
    'HEAD~1..HEAD',
    'a'.repeat(40),
  ]) {
    await t.throwsAsync(found(name), { code: 'NOT_FOUND' }, name);
  }
});
