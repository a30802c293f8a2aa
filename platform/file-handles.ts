/**
 * Files as capabilities: what is held by a handle, and its entries by single names. The port below granted directories;
 * `Disk` is for the program's own files, which it names by paths.
 */

/** Why an operation on a handle failed: the error codes of WASI 0.2's file system, and `not-capable` for ways out of a grant. */
export type FileFault =
  | 'access'
  | 'bad-descriptor'
  | 'busy'
  | 'cross-device'
  | 'exist'
  | 'file-too-large'
  | 'illegal-byte-sequence'
  | 'insufficient-space'
  | 'invalid'
  | 'io'
  | 'is-directory'
  | 'loop'
  | 'name-too-long'
  | 'no-entry'
  | 'not-capable'
  | 'not-directory'
  | 'not-empty'
  | 'not-permitted'
  | 'pipe'
  | 'quota'
  | 'read-only'
  | 'too-many-links'
  | 'too-many-open'
  | 'unsupported';

/** What every method here throws; `code` decides, the message is for people. */
export class FileError extends Error {
  readonly code: FileFault;
  constructor(code: FileFault, detail: string) {
    super(detail);
    this.name = 'FileError';
    this.code = code;
  }
}

/** `other` is a pipe, a socket or a device. */
export type NodeKind = 'file' | 'directory' | 'link' | 'other';

/** A node of a file system. Times in nanoseconds since the epoch. */
export interface NodeStat {
  readonly kind: NodeKind;
  readonly device: bigint;
  readonly inode: bigint;
  readonly links: bigint;
  readonly bytes: number;
  readonly accessed: bigint;
  readonly modified: bigint;
  readonly changed: bigint;
}

/** Nanoseconds since the epoch; what is missing stays as it is. */
export interface NodeTimes {
  readonly accessed?: bigint;
  readonly modified?: bigint;
}

/** How a file is opened. */
export interface FileAccess {
  readonly read: boolean;
  readonly write: boolean;
}

/** An open regular file. Positions and lengths in bytes. */
export interface FileHandle {
  stat(): NodeStat;
  /** The size alone, which costs less than all of the stat. */
  size(): number;
  /** Fills `into` from `position` on as far as one read does; 0 at the end of the file. */
  read(into: Uint8Array, position: number): number;
  /** Writes what one write does; gives the bytes written, at least one. */
  write(bytes: Uint8Array, position: number): number;
  resize(bytes: number): void;
  setTimes(times: NodeTimes): void;
  /** A promise where the disk has to be waited for. */
  sync(): void | Promise<void>;
  close(): void | Promise<void>;
}

/** An entry of a directory. */
export interface DirectoryEntry {
  readonly name: string;
  readonly kind: NodeKind;
  readonly inode: bigint;
}

/**
 * A directory held open, as openat(2) and its family see it. Every `name` is one entry of this very directory: never a
 * path, never `.` or `..`, and a symbolic link is never followed. That is what makes resolution above it safe against
 * whoever moves, replaces and links at the same time: a held directory stays the one that was entered.
 */
export interface DirectoryHandle {
  stat(): NodeStat;
  statOf(name: string): NodeStat | undefined;
  /**
   * The entries, in no order, one by one as they are asked for; what is held for that is given back with the last one, or by
   * `return`. Names that are not UTF-8 are left out: no guest could say them.
   */
  entries(): Generator<DirectoryEntry, void, void>;
  readLink(name: string): string;
  /** `not-directory` for anything else, a link too. */
  openDirectory(name: string): DirectoryHandle;
  /** A regular file that exists; `loop` for a link, `is-directory` for a directory, `not-permitted` for a device or pipe. */
  openFile(name: string, access: FileAccess): FileHandle;
  /** A new file; `exist` when the name is taken. */
  createFile(name: string, access: FileAccess): FileHandle;
  createDirectory(name: string): void;
  createLink(name: string, target: string): void;
  /** A second name for a file or link. `cross-device` when `to` is of another file system. */
  link(name: string, to: DirectoryHandle, toName: string): void;
  /** It is done when this returns; where that has to be durable too, a promise tells. */
  rename(name: string, to: DirectoryHandle, toName: string): void | Promise<void>;
  removeFile(name: string): void | Promise<void>;
  removeDirectory(name: string): void;
  /** Of the entry itself, also when it is a link. */
  setTimesOf(name: string, times: NodeTimes): void;
  setTimes(times: NodeTimes): void;
  sync(): void | Promise<void>;
  /** The same directory under a second handle with a life of its own. */
  duplicate(): DirectoryHandle;
  close(): void;
}
