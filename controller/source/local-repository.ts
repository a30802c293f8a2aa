/** A repository on this machine, opened in place: a working copy, a linked worktree, or a bare repository. */
import { Turn } from '../../platform/turn.ts';
import { branchesMax, branchMissing, emptyRepository } from './branch.ts';
import type { Follower, Tip } from './follower.ts';
import { findGitDirectories, readText } from './git-directories.ts';
import type { GitEngine } from './git-engine.ts';
import { Repository } from './repository.ts';
import type { SourceFileSystem, SourceOptions, SourcePorts } from './source.ts';
import { SourceError } from './source-error.ts';

/** Ways to keep a repository that isomorphic-git would take for a damaged one. */
async function refuseUnreadable(fs: SourceFileSystem, gitDirectory: string): Promise<void> {
  const config = (await readText(fs, `${gitDirectory}/config`)) ?? '';
  const refuse = (what: string) => new SourceError('UNSUPPORTED', `${gitDirectory}: ${what} can't be read`);
  if (/^\s*objectformat\s*=\s*sha256/im.test(config)) throw refuse('a repository with SHA-256 objects');
  if (/^\s*refstorage\s*=\s*reftable/im.test(config)) throw refuse('a repository with reftables');
  const alternates = await readText(fs, `${gitDirectory}/objects/info/alternates`);
  if (alternates !== undefined) throw refuse('a repository that borrows objects of another (git repack -a ends that)');
}

const oidPattern = /^[0-9a-f]{40}$/;

/** References that lead to references, of a branch. */
const linksMax = 5;

/**
 * Where a reference leads; undefined where there is none. Of hundreds of thousands that are packed in one file, none but that is looked
 * at.
 */
async function resolveRef(
  fs: SourceFileSystem,
  gitDirectory: string,
  ref: string,
  links = 0,
): Promise<string | undefined> {
  const loose = await readText(fs, `${gitDirectory}/${ref}`);
  const linked = loose?.match(/^ref: (refs\/.+)$/)?.[1];
  if (linked !== undefined && links < linksMax) return resolveRef(fs, gitDirectory, linked, links + 1);
  if (loose !== undefined) {
    if (oidPattern.test(loose)) return loose;
    throw new SourceError('CORRUPT', `${gitDirectory}/${ref} names no commit`);
  }
  const packed = `${(await readText(fs, `${gitDirectory}/packed-refs`)) ?? ''}\n`;
  const at = packed.indexOf(` ${ref}\n`);
  const oid = at === -1 ? '' : packed.slice(Math.max(at - 40, 0), at);
  return oidPattern.test(oid) ? oid : undefined;
}

async function branches(fs: SourceFileSystem, gitDirectory: string): Promise<string[]> {
  const packed = (await readText(fs, `${gitDirectory}/packed-refs`)) ?? '';
  const heads = packed.matchAll(/^[0-9a-f]+ refs\/heads\/(.+)$/gm).take(branchesMax);
  const names = Array.from(heads, ([, name]) => name!);
  const walk = async (directory: string, prefix: string): Promise<void> => {
    for (const name of await fs.promises.readdir(directory).catch(() => [] as string[])) {
      if (names.length >= branchesMax) return;
      names.push(`${prefix}${name}`);
      await walk(`${directory}/${name}`, `${prefix}${name}/`);
    }
  };
  await walk(`${gitDirectory}/refs/heads`, '');
  return [...new Set(names)];
}

/** Follows a branch of a repository on this machine. */
export function openLocalRepository(options: SourceOptions, { fs, clock }: SourcePorts, engine: GitEngine): Follower {
  const path = options.url.replace(/(?<=.)\/+$/, '');
  let opened: Repository | undefined;
  const open = async (): Promise<Repository> => {
    const { common: gitDirectory } = await findGitDirectories(fs, path);
    await refuseUnreadable(fs, gitDirectory);
    if (opened?.gitDirectory !== gitDirectory) opened = new Repository(engine, gitDirectory, new Turn(clock));
    return opened;
  };
  const look = async (): Promise<Tip> => {
    const at = await open();
    const oid = await resolveRef(fs, at.gitDirectory, `refs/heads/${options.branch}`);
    if (oid !== undefined) return { kind: 'at', oid, repository: at, deepen: async () => false };
    const names = await branches(fs, at.gitDirectory);
    return names.length === 0 ? emptyRepository(path) : branchMissing(path, options.branch, names);
  };
  return { location: path, look, repository: async () => opened ?? open(), distrust: () => opened?.forget() };
}
