/** What takes long in git, behind one interface: the git program where it is installed, a library that always works. */
import type { EntryChange, ListedEntry } from './listed-tree.ts';

/** One fetch of a branch into a bare repository. */
export interface FetchOrder {
  /** Exists and is initialised; its branch of the same name ends up at the tip. */
  readonly gitDirectory: string;
  /** Where redirects have led already: no further one is followed. */
  readonly url: string;
  /** Value of the header `authorization`, for `url` and nobody else. */
  readonly authorization?: string;
  readonly branch: string;
  /** `tip`: the newest commit alone; `new`: all commits that are not there yet; `all`: also those that `tip` left out. */
  readonly history: 'tip' | 'new' | 'all';
}

/** Anything that git keeps under an id. */
export interface GitObject {
  readonly type: string;
  readonly content: Uint8Array;
}

/** Reads git directories. All reject with `SourceError`, or with the signal's reason. Everybody gives the same answers. */
export interface GitReading {
  /** True when `ancestor` is `descendant` or in its past, as far as that past is in the repository. */
  isAncestor(gitDirectory: string, ancestor: string, descendant: string, signal: AbortSignal): Promise<boolean>;
  /** Contents of blobs, checked against their ids, in the order of the ids. */
  readBlobs(gitDirectory: string, oids: readonly string[], signal: AbortSignal): Promise<readonly Uint8Array[]>;
  /** One object, checked against its id; undefined where there is none. */
  readObject(gitDirectory: string, oid: string, signal: AbortSignal): Promise<GitObject | undefined>;
  /** All that is below a tree but the folders. */
  listTree(gitDirectory: string, tree: string, signal: AbortSignal): Promise<Iterable<ListedEntry>>;
  /** What is below one tree or the other and differs, but the folders. Of folders that are equal nothing is read. */
  compareTrees(gitDirectory: string, from: string, to: string, signal: AbortSignal): Promise<Iterable<EntryChange>>;
  /** What a tree has at a path, a folder too; undefined where there is nothing. */
  entryAt(gitDirectory: string, tree: string, path: string, signal: AbortSignal): Promise<ListedEntry | undefined>;
}

/** Reads, and fetches. */
export interface GitEngine extends GitReading {
  /** Resolves with the tip of the branch, once its objects are in the repository. */
  fetchBranch(order: FetchOrder, signal: AbortSignal): Promise<string>;
}

/** Most bytes of one fetch. */
export const fetchBytesMax = 1024 * 1024 * 1024;

/** A server that says nothing for longer is given up. */
export const silenceMsMax = 60_000;
