/** An engine of one repository beside a reader that stands ready: what it can't tell, or is too much for it, the engine is asked. */
import type { GitEngine } from './git-engine.ts';
import { objectBounds } from './object-bounds.ts';
import type { StandingReader } from './standing-reader.ts';
import { entryNamed } from './tree-object.ts';

/** Blobs that are read one after the other; more are read together. */
const blobsMax = 32;

/** Of the repository that `reader` reads. */
export function standingEngine(engine: GitEngine, reader: StandingReader, bounds = objectBounds): GitEngine {
  const { blobBytesMax, objectBytesMax } = bounds;
  const blobs = async (oids: readonly string[]): Promise<Uint8Array[] | undefined> => {
    const contents: Uint8Array[] = [];
    for (const oid of oids) {
      const found = await reader.read(oid, blobBytesMax);
      if (found?.type !== 'blob') return undefined;
      contents.push(found.content);
    }
    return contents;
  };
  return {
    fetchBranch: (...args) => engine.fetchBranch(...args),
    isAncestor: (...args) => engine.isAncestor(...args),
    listTree: (...args) => engine.listTree(...args),
    compareTrees: (...args) => engine.compareTrees(...args),
    readObject: async (gitDirectory, oid, signal) =>
      (await reader.read(oid, objectBytesMax)) ?? engine.readObject(gitDirectory, oid, signal),
    readBlobs: async (gitDirectory, oids, signal) => {
      const read = oids.length > blobsMax ? undefined : await blobs(oids);
      return read ?? engine.readBlobs(gitDirectory, oids, signal);
    },
    entryAt: async (gitDirectory, tree, path, signal) => {
      const folder = path.includes('/') ? undefined : await reader.read(tree, objectBytesMax);
      if (folder?.type !== 'tree') return engine.entryAt(gitDirectory, tree, path, signal);
      return entryNamed(folder.content, path);
    },
  };
}
