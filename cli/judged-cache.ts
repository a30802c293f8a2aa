/**
 * What was judged before, in the user's own cache: a file a tree, of which the newest few are kept. A tree that is judged next
 * is laid over one of them, so that what both have is not read again. Nothing here says that a tree is right today: releases are
 * judged anew each time, and nothing that is signed comes from it.
 *
 * Where a repository is cloned anew for each question nobody reads a tree that was written down: the first time an empty file says
 * that somebody was here, and from the second time on trees are written.
 */
import { hardlyDiffers, readJudgedFile, writeJudgedFile } from '../controller/following/judged-file.ts';
import type { ManifestState } from '../controller/manifests/manifest-state.ts';
import type { JudgedTree } from '../controller/manifests/stored/judged-tree.ts';
import { DiskError } from '../platform/ports.ts';
import { Turn } from '../platform/turn.ts';
import type { CommandContext } from './command.ts';
import type { FleetRepository } from './fleet-repository.ts';
import type { LaidTree } from './fleet-revision.ts';

type CacheContext = Pick<CommandContext, 'disk' | 'clock' | 'random' | 'environment'>;

const filesMax = 6;
const bytesMax = 768 * 1024 * 1024;

/** `SEQUENCE-TREE`: the sequence grows with every file that is written. */
const namePattern = /^(\d{8})-([0-9a-f]{40})$/;

interface CachedFile {
  readonly name: string;
  readonly sequence: number;
  readonly id: string;
}

/** The directory of the user's cache; undefined for a user without a home. */
function judgedDirectory({ environment }: CacheContext): string | undefined {
  const { XDG_CACHE_HOME, HOME } = environment;
  const own = XDG_CACHE_HOME || (HOME ? `${HOME}/.cache` : undefined);
  return own?.startsWith('/') ? `${own}/fleet/judged` : undefined;
}

/** The newest first. */
function cachedFiles({ disk }: Pick<CacheContext, 'disk'>, directory: string): CachedFile[] {
  if (disk.stat(directory)?.kind !== 'directory') return [];
  const files = disk.list(directory).flatMap((name): CachedFile[] => {
    const [, sequence, id] = namePattern.exec(name) ?? [];
    return id === undefined ? [] : [{ name, sequence: Number(sequence), id }];
  });
  return files.sort((left, right) => right.sequence - left.sequence);
}

function isEmpty({ disk }: Pick<CacheContext, 'disk'>, path: string): boolean {
  return disk.stat(path)?.bytes === 0;
}

/** Trouble with a cache is as if nothing were there. */
async function orNothing<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DiskError) return undefined;
    throw error;
  }
}

/** The tree of this repository that was judged last. */
export async function findJudged(context: CacheContext, { git }: FleetRepository): Promise<JudgedTree | undefined> {
  const { disk, clock } = context;
  const directory = judgedDirectory(context);
  if (directory === undefined) return undefined;
  return orNothing(async () => {
    for (const { name, id } of cachedFiles(context, directory)) {
      if (isEmpty(context, `${directory}/${name}`) || !(await git.hasTree(id))) continue;
      const judged = await readJudgedFile(disk, `${directory}/${name}`, new Turn(clock));
      if (judged?.id === id) return judged;
      disk.remove(`${directory}/${name}`);
    }
    return undefined;
  });
}

/** Removes what is too old or too much. */
function prune({ disk }: CacheContext, directory: string): void {
  let [files, bytes] = [0, 0];
  for (const { name } of cachedFiles({ disk }, directory)) {
    files += 1;
    bytes += disk.stat(`${directory}/${name}`)?.bytes ?? 0;
    if (files > filesMax || bytes > bytesMax) disk.remove(`${directory}/${name}`);
  }
}

/** The file that is the newest of this repository. */
async function newestOf({ git }: FleetRepository, files: readonly CachedFile[]): Promise<CachedFile | undefined> {
  for (const file of files) if (await git.hasTree(file.id)) return file;
  return undefined;
}

/** Keeps what a tree came to, unless what it was laid over is kept and hardly differs, or nobody was here before. */
export async function keepJudged(
  context: CacheContext,
  repository: FleetRepository,
  laid: LaidTree,
  state: ManifestState,
): Promise<void> {
  const { disk, clock, random } = context;
  const { id, tree, changes } = laid;
  const directory = judgedDirectory(context);
  if (id === undefined || directory === undefined || hardlyDiffers(changes.files.length, tree)) return;
  await orNothing(async () => {
    disk.makeDirectory(directory);
    const files = cachedFiles(context, directory);
    const path = `${directory}/${String((files[0]?.sequence ?? 0) + 1).padStart(8, '0')}-${id}`;
    const newest = await newestOf(repository, files);
    if (newest === undefined) {
      disk.open(path, 'write').close();
    } else {
      const fresh = `${path}.${Buffer.from(random.bytes(8)).toString('hex')}`;
      await writeJudgedFile(disk, { path, fresh }, { id, tree, state }, new Turn(clock));
      if (isEmpty(context, `${directory}/${newest.name}`)) disk.remove(`${directory}/${newest.name}`);
    }
    prune(context, directory);
  });
}
