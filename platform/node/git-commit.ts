/** Commits to a local repository, for programs that make or change a fleet for the user. */
import * as fs from 'node:fs';
import git from 'isomorphic-git';
import { nodeClock } from './clock.ts';

const author = { name: 'Fleet', email: 'fleet@localhost' };

/** Commits everything in `directory` that git does not ignore, making the repository when there is none; returns the commit's id. */
export async function commitAll(directory: string, message: string): Promise<string> {
  await git.init({ fs, dir: directory, defaultBranch: 'main' });
  await git.add({ fs, dir: directory, filepath: '.' });
  const timestamp = Math.floor(nodeClock.now() / 1000);
  return git.commit({ fs, dir: directory, message, author: { ...author, timestamp } });
}
