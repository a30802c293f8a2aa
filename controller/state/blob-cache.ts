/**
 * What was read and parsed before, by the id of its blob, and the files of revisions: kept so that a restart reads nothing
 * twice. It may be lost at any time at the price of reading again; nothing that matters lies here alone.
 */

import type { Turn } from '../../platform/turn.ts';

/** Files of a revision: blob ids by path. */
export type RevisionFiles = ReadonlyMap<string, string>;

/** A cache on this machine; what concerns a whole repository is done in turns. No method throws: what can't be read is as if it were not there. */
export interface BlobCache {
  /** What is there of these. */
  get(room: string, ids: readonly string[]): ReadonlyMap<string, Uint8Array>;
  put(room: string, entries: ReadonlyMap<string, Uint8Array>): void;
  /** The files of `revision`, if that is the one that was kept last. */
  files(revision: string, turn: Turn): Promise<RevisionFiles | undefined>;
  /** Keeps the files of one revision, from those of the one kept before where that is `from`. */
  keepFiles(revision: string, files: RevisionFiles, turn: Turn, from?: FilesStep): Promise<void>;
  /** Drops blobs that the kept revision does not hold. */
  prune(turn: Turn): Promise<void>;
  close(): void;
}

/** How the files of one revision follow from another's. */
export interface FilesStep {
  readonly revision: string;
  readonly changes: readonly { readonly path: string; readonly oid?: string }[];
}
