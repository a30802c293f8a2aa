/**
 * A fleet repository as the rest of the controller sees it: where one branch stands, and the files of a commit.
 *
 * Nothing here remembers what is in force. Whoever polls passes the commit it judged last, so that a crash at any moment
 * costs at most one repetition.
 */
import type { FsClient, HttpClient } from 'isomorphic-git';
import type { Clock, Log } from '../../platform/ports.ts';
import type { RevisionStatus } from '../../schemas/generated/types.ts';

export interface SourceOptions {
  /** An http(s) remote, or the path of a local repository: a working copy or a bare one. */
  readonly url: string;
  readonly branch: string;
  /** For http(s) remotes. */
  readonly token?: string;
  /** Where the mirror of a remote is kept; nothing else may live there. */
  readonly mirrorDirectory: string;
  /** The text of an allowed-signers file, read anew for every commit it judges; without it no signature is asked for. */
  readonly allowedSigners?: () => string;
  /** Packs of a mirror after which it is cloned anew, because every fetch adds one. */
  readonly packsMax?: number;
}

/** isomorphic-git's file system, and the two calls that swap a mirror in. `node:fs` is one. */
export type SourceFileSystem = FsClient & {
  readonly promises: {
    readonly readFile: (path: string) => Promise<Uint8Array>;
    readonly readdir: (path: string) => Promise<string[]>;
    readonly mkdir: (path: string, options: { readonly recursive: true }) => Promise<unknown>;
    readonly rename: (from: string, to: string) => Promise<void>;
    readonly rm: (path: string, options: { readonly recursive: true; readonly force: true }) => Promise<void>;
  };
};

export interface SourcePorts {
  readonly fs: SourceFileSystem;
  /** `isomorphic-git/http/node` in production. */
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
}

/** How a new tip follows the one that was judged before. `rewritten`: the branch was force-pushed, the old tip is not an ancestor. */
export type History = 'first' | 'advanced' | 'rewritten';

/** What a poll found. */
export type SourceEvent =
  | { readonly kind: 'unchanged'; readonly tip: string }
  | { readonly kind: 'tip'; readonly revision: RevisionStatus; readonly history: History; readonly signedBy?: string }
  | {
      readonly kind: 'refused';
      readonly revision: RevisionStatus;
      readonly history: History;
      readonly code: string;
      readonly message: string;
    }
  | { readonly kind: 'empty'; readonly message: string }
  | { readonly kind: 'branch-missing'; readonly message: string }
  | { readonly kind: 'unreachable'; readonly code: string; readonly message: string };

/** A file that differs between two commits; without `oid` it is gone. */
export interface BlobChange {
  readonly path: string;
  readonly oid?: string;
}

/** All but `poll` throw `SourceError`: `GONE` when the commit is not there, `CORRUPT` when what it refers to can't be read. */
export interface Source {
  /** The repository for people: no credentials in it. */
  readonly location: string;
  readonly branch: string;
  /** Looks where the branch stands; never rejects but when `signal` aborts. `judged` is the tip that the caller judged last. */
  poll(signal: AbortSignal, judged?: string): Promise<SourceEvent>;
  readonly readRevision: (
    id: string,
  ) => Promise<{ readonly info: RevisionStatus; readonly files: ReadonlyMap<string, string> }>;
  /** Files of `to` that `from` has not or has otherwise, and files that are gone; sorted by path. Equal folders are skipped. */
  readonly changes: (from: string | undefined, to: string) => Promise<readonly BlobChange[]>;
  readonly readBlob: (oid: string) => Promise<Uint8Array>;
}
