import type { OddEntry } from './passed-over.ts';
import { PersistentMap } from './persistent-map.ts';

/** What git holds in a revision: blob ids by path. What is few and asked for at every revision is kept apart beside all of it. */
export interface FleetTree {
  readonly files: PersistentMap<string>;
  /** Those of signed metadata. */
  readonly trustFiles: ReadonlyMap<string, string>;
  /** Those that look like manifests and are read by nobody. */
  readonly unread: ReadonlySet<string>;
  /** By path, entries that are no files. */
  readonly odd: ReadonlyMap<string, OddEntry['kind']>;
}

/** Holds nothing. */
export const emptyTree: FleetTree = {
  files: PersistentMap.empty(),
  trustFiles: new Map(),
  unread: new Set(),
  odd: new Map(),
};
