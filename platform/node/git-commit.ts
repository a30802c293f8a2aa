/** Commits to a local repository, for programs that make or change a fleet for the user. */
import * as fs from 'node:fs';
import { homedir } from 'node:os';
import git from 'isomorphic-git';
import { nodeClock } from './clock.ts';

const author = { name: 'Fleet', email: 'fleet@localhost' };

/** What git's status matrix calls a file that is not in the working tree. */
const absent = 0;

/** Whether git knows who the user is, as far as can be seen without asking it. */
function isCommitterKnown(): boolean {
  const { GIT_COMMITTER_EMAIL, EMAIL, XDG_CONFIG_HOME } = process.env;
  if (GIT_COMMITTER_EMAIL || EMAIL) return true;
  const own = XDG_CONFIG_HOME || `${homedir()}/.config`;
  return [`${homedir()}/.gitconfig`, `${own}/git/config`].some((file) => {
    try {
      return /^\s*email\s*=/im.test(fs.readFileSync(file, 'utf8'));
    } catch {
      return false;
    }
  });
}

/** Where git would refuse to commit for want of a name, the repository gets one: its user is about to commit to it. */
async function nameCommitter(directory: string): Promise<void> {
  if (isCommitterKnown()) return;
  for (const [key, value] of Object.entries(author))
    await git.setConfig({ fs, dir: directory, path: `user.${key}`, value });
}

/** Commits everything in `directory` that git does not ignore, making the repository when there is none; returns the commit's id. */
export async function commitAll(directory: string, message: string): Promise<string> {
  await git.init({ fs, dir: directory, defaultBranch: 'main' });
  await nameCommitter(directory);
  await git.add({ fs, dir: directory, filepath: '.' });
  for (const [filepath, , inWorkTree] of await git.statusMatrix({ fs, dir: directory })) {
    if (inWorkTree === absent) await git.remove({ fs, dir: directory, filepath });
  }
  const timestamp = Math.floor(nodeClock.now() / 1000);
  return git.commit({ fs, dir: directory, message, author: { ...author, timestamp } });
}
