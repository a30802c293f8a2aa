/**
 * A fleet repository as the rest of the controller sees it: where one branch stands, and the files of a commit.
 *
 * Nothing here remembers what is in force. Whoever polls passes what it knows, so that a crash at any moment costs at most
 * one repetition.
 */
import type { FsClient } from 'isomorphic-git';
import type { Clock, Log, Network, Programs, Threads } from '../../platform/ports.ts';
import type { RevisionStatus } from '../../schemas/generated/types.ts';

/**
 * An allowed-signers file, read anew for every commit it judges. One that lies in the repository it guards counts as the
 * commit in force has it: a commit can't vouch for itself.
 */
export type AllowedSignersFile =
  | { readonly kind: 'outside'; readonly read: () => string }
  | { readonly kind: 'inside'; readonly path: string };

export interface SourceOptions {
  /** An http(s) remote, or the path of a local repository: a working copy or a bare one. */
  readonly url: string;
  readonly branch: string;
  /** For http(s) remotes. */
  readonly token?: string;
  /** Where the mirror of a remote is kept; nothing else may live there. */
  readonly mirrorDirectory: string;
  /** Who may sign commits; without it no signature is asked for. */
  readonly allowedSigners?: AllowedSignersFile;
  /** What becomes of a rewritten branch: `hold` keeps what is in force until the new tip is accepted. Default `hold`. */
  readonly rewrites?: 'hold' | 'follow';
  /** Packs of a mirror after which it is cloned anew, because every fetch adds one. */
  readonly packsMax?: number;
}

/** isomorphic-git's file system, and the two calls that swap a mirror in. `node:fs` is one. */
export type SourceFileSystem = FsClient & {
  readonly promises: {
    readonly readFile: (path: string) => Promise<Uint8Array>;
    readonly readdir: (path: string) => Promise<string[]>;
    readonly stat: (path: string) => Promise<{ readonly size: number }>;
    readonly mkdir: (path: string, options: { readonly recursive: true }) => Promise<unknown>;
    readonly rename: (from: string, to: string) => Promise<void>;
    readonly rm: (path: string, options: { readonly recursive: true; readonly force: true }) => Promise<void>;
  };
};

export interface SourcePorts {
  readonly fs: SourceFileSystem;
  readonly network: Network;
  readonly clock: Clock;
  /** For the git program; without them, and where it is not installed, a library does its work. */
  readonly programs?: Pick<Programs, 'run'>;
  /** For the library's long work; without them it is done in this thread. */
  readonly threads?: Threads;
  readonly log: Log;
}

/** What whoever polls knows of the branch. */
export interface KnownBranch {
  /** The tip that was judged last and needs no second look. */
  readonly judged?: string | undefined;
  /** The commit that devices follow: what comes now must descend from it. */
  readonly inForce?: string | undefined;
  /** A commit that an operator accepted, wherever it comes from. */
  readonly accepted?: string | undefined;
  /** Whether it was said just now that the branch moved. */
  readonly isPushed?: boolean;
}

/** How a tip follows what is in force. `rewritten`: the branch was force-pushed, what is in force is not in its past. */
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
      /** For which it stays refused, whoever looks again. */
      readonly file?: string;
    }
  | { readonly kind: 'empty'; readonly message: string }
  | { readonly kind: 'branch-missing'; readonly message: string }
  | { readonly kind: 'unreachable'; readonly code: string; readonly message: string };

/** A file that differs between two commits; without `oid` it is gone. */
export interface BlobChange {
  readonly path: string;
  readonly oid?: string;
}

/** An entry that is no file and differs, a commit of another repository or the name of what a link leads to; without `kind` it is gone. */
export interface OddChange {
  readonly path: string;
  readonly kind?: 'submodule' | 'link';
}

/** What differs between two trees. */
export interface TreeChanges {
  /** Sorted by path. */
  readonly files: readonly BlobChange[];
  readonly odd: readonly OddChange[];
}

/** All but `poll` throw `SourceError`: `GONE` when the commit is not there, `CORRUPT` when what it refers to can't be read. */
export interface Source {
  /** The repository for people: no credentials in it. */
  readonly location: string;
  readonly branch: string;
  /** Looks where the branch stands; never rejects but when `signal` aborts. */
  poll(signal: AbortSignal, known?: KnownBranch): Promise<SourceEvent>;
  readonly readRevision: (
    id: string,
  ) => Promise<{ readonly info: RevisionStatus; readonly files: ReadonlyMap<string, string> }>;
  /**
   * What `to` has that `from` has not or has otherwise, and what is gone. Equal folders are skipped, and so are files that the
   * commits' own `.fleetignore` puts aside. Each is named by its own id or by that of its tree.
   */
  readonly changes: (from: string | undefined, to: string) => Promise<TreeChanges>;
  /**
   * What lines with that key say in the messages of commits that `to` has in its past and `from` has not, the newest first, in
   * bounds; of `to` alone where `from` is gone.
   */
  readonly trailers: (key: string, from: string, to: string) => Promise<readonly string[]>;
  /** Many that are asked for at once are read together. */
  readonly readBlob: (oid: string) => Promise<Uint8Array>;
}
