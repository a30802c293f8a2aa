/** Commits to a local repository, for programs that make or change a fleet for the user. */
import * as fs from 'node:fs';
import git from 'isomorphic-git';
import { nodeClock } from './clock.ts';

const author = { name: 'Fleet', email: 'fleet@localhost' };

/** What git's status matrix calls a file that is not in the working tree. */
const absent = 0;

/** Commits everything in `directory` that git does not ignore, making the repository when there is none; returns the commit's id. */
export async function commitAll(directory: string, message: string): Promise<string> {
  await git.init({ fs, dir: directory, defaultBranch: 'main' });
  await git.add({ fs, dir: directory, filepath: '.' });
  for (const [filepath, , inWorkTree] of await git.statusMatrix({ fs, dir: directory })) {
    if (inWorkTree === absent) await git.remove({ fs, dir: directory, filepath });
  }
  const timestamp = Math.floor(nodeClock.now() / 1000);
  return git.commit({ fs, dir: directory, message, author: { ...author, timestamp } });
}
