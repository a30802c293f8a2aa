import { PersistentMap } from './persistent-map.ts';

/** An entry that is no file: git holds the id of a commit, or the name of what a link leads to. */
export type OddKind = 'submodule' | 'link';

/** What git holds in a revision: blob ids by path. What is few and asked for at every revision is kept apart beside all of it. */
export interface FleetTree {
  readonly files: PersistentMap<string>;
  /** Those of signed metadata. */
  readonly trustFiles: ReadonlyMap<string, string>;
  /** Those that look like manifests and are read by nobody. */
  readonly unread: ReadonlySet<string>;
  /** By path, entries that are no files. */
  readonly odd: ReadonlyMap<string, OddKind>;
}

/** Holds nothing. */
export const emptyTree: FleetTree = {
  files: PersistentMap.empty(),
  trustFiles: new Map(),
  unread: new Set(),
  odd: new Map(),
};
