/**
 * The library without the git program: in this thread where a repository is small, for then a thread takes longer to start than
 * what it would do; else on a thread, because the library reads the index of a whole pack, and the pack, before the first object.
 */
import type { GitEngine, GitReading } from './git-engine.ts';
import type { SourceFileSystem } from './source.ts';

/** Of all indices: some thousands of objects, which are read in a turn. */
const indexBytesMax = 256 * 1024;

/** Of all packs, which stay in memory. */
const packBytesMax = 8 * 1024 * 1024;

/** More blobs take long in a small repository too. */
const blobsMax = 32;

/** Each is looked at for every question; a repository with more of them is not small. */
const filesMax = 64;

async function isSmall({ promises: files }: SourceFileSystem, gitDirectory: string): Promise<boolean> {
  const directory = `${gitDirectory}/objects/pack`;
  const names = await files.readdir(directory).catch(() => [] as string[]);
  if (names.length > filesMax) return false;
  let [indexBytes, packBytes] = [0, 0];
  for (const name of names) {
    const { size } = await files.stat(`${directory}/${name}`).catch(() => ({ size: 0 }));
    if (name.endsWith('.idx')) indexBytes += size;
    else packBytes += size;
    if (indexBytes > indexBytesMax || packBytes > packBytesMax) return false;
  }
  return true;
}

/** `here` reads in this thread, `thread` on one of its own. */
export function nearbyEngine(fs: SourceFileSystem, here: GitReading, thread: GitEngine): GitEngine {
  const readerOf = async (gitDirectory: string): Promise<GitReading> =>
    (await isSmall(fs, gitDirectory)) ? here : thread;
  return {
    fetchBranch: (...args) => thread.fetchBranch(...args),
    isAncestor: (...args) => thread.isAncestor(...args),
    listTree: (...args) => thread.listTree(...args),
    readBlobs: async (gitDirectory, oids, signal) => {
      const reader = oids.length > blobsMax ? thread : await readerOf(gitDirectory);
      return reader.readBlobs(gitDirectory, oids, signal);
    },
    readObject: async (...args) => (await readerOf(args[0])).readObject(...args),
    compareTrees: async (...args) => (await readerOf(args[0])).compareTrees(...args),
    entryAt: async (...args) => (await readerOf(args[0])).entryAt(...args),
  };
}
