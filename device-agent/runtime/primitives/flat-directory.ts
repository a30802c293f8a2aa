import { createHash } from 'node:crypto';
import {
  type DirectoryEntry,
  type DirectoryHandle,
  type FileAccess,
  FileError,
  type FileHandle,
  type NodeKind,
  type NodeStat,
} from '../../../platform/file-handles.ts';

let nextDevice = 1_000_000n;

function refused(what: string): never {
  throw new FileError('not-permitted', `${what} is nothing that this directory knows`);
}

/** A directory that a grant makes up: entries with names and no directories below. What it can't do it refuses. */
export abstract class FlatDirectory implements DirectoryHandle {
  readonly #device: bigint;

  /** Another handle on `same` where that is given. */
  constructor(same?: FlatDirectory) {
    this.#device = same === undefined ? nextDevice++ : same.#device;
  }

  /** Kind and size of an entry; undefined when there is none. */
  protected abstract entry(name: string): { readonly kind: NodeKind; readonly bytes: number } | undefined;
  protected abstract names(): Iterable<string>;
  abstract duplicate(): DirectoryHandle;

  /** What stands for an entry: made of its name, so that nothing is kept for names that come and go. */
  protected inodeOf(name: string): bigint {
    return createHash('sha256').update(name).digest().readBigUInt64LE();
  }

  protected node(name: string, kind: NodeKind, bytes: number): NodeStat {
    const times = { accessed: 0n, modified: 0n, changed: 0n };
    return { kind, bytes, device: this.#device, inode: this.inodeOf(name), links: 1n, ...times };
  }

  stat(): NodeStat {
    return this.node('', 'directory', 0);
  }

  statOf(name: string): NodeStat | undefined {
    const entry = this.entry(name);
    return entry && this.node(name, entry.kind, entry.bytes);
  }

  *entries(): Generator<DirectoryEntry, void, void> {
    for (const name of this.names()) {
      yield { name, kind: this.entry(name)?.kind ?? 'other', inode: this.inodeOf(name) };
    }
  }

  openFile(name: string, _access: FileAccess): FileHandle {
    throw new FileError('no-entry', `there is no ${name}`);
  }

  createFile(name: string, _access: FileAccess): FileHandle {
    throw new FileError('not-capable', `${name} is not granted`);
  }

  readLink(name: string): string {
    throw new FileError('invalid', `${name} is no link`);
  }

  openDirectory(name: string): DirectoryHandle {
    throw new FileError('not-directory', `${name} is no directory`);
  }

  createDirectory(): void {
    refused('a directory');
  }

  createLink(): void {
    refused('a link');
  }

  link(): void {
    refused('a link');
  }

  rename(_name: string, _to: DirectoryHandle, _toName: string): void | Promise<void> {
    refused('another name');
  }

  removeFile(name: string): void | Promise<void> {
    throw new FileError('not-permitted', `${name} is not removed`);
  }

  removeDirectory(name: string): void {
    throw new FileError('not-directory', `${name} is no directory`);
  }

  setTimesOf(): void {}

  setTimes(): void {}

  sync(): void {}

  close(): void {}
}
