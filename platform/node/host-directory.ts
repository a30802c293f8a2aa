/**
 * Directories of this machine behind the port of `file-handles.ts`. Node has no openat(2), but Linux has it in another form:
 * `/proc/self/fd/N/name` names the entry of the very directory that descriptor N holds, wherever it was moved to, because
 * the kernel jumps to the open directory and does not walk a path. One name behind it, opened with O_NOFOLLOW, is openat.
 * So nothing here ever opens a path of more than one component, and no link is ever followed.
 */
import * as fs from 'node:fs';
import {
  type DirectoryEntry,
  type DirectoryHandle,
  type FileAccess,
  FileError,
  type FileHandle,
  type NodeKind,
  type NodeStat,
  type NodeTimes,
} from '../file-handles.ts';
import { ExactTimes } from './exact-times.ts';
import { withFileFaults } from './file-fault.ts';
import { HostFile } from './host-file.ts';
import { syncAside } from './sync-aside.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR, O_WRONLY } = fs.constants;
/** O_PATH, which Node does not name: a descriptor that only says which node is meant. The same number on x64 and arm64. */
const pathOnly = 0o10000000;
const heldDirectory = pathOnly | O_DIRECTORY | O_NOFOLLOW;
const decoder = new TextDecoder('utf-8', { fatal: true });
const times = new ExactTimes();

interface NodeType {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

function kindOf(type: NodeType): NodeKind {
  if (type.isFile()) return 'file';
  if (type.isDirectory()) return 'directory';
  return type.isSymbolicLink() ? 'link' : 'other';
}

/** A stat as the kernel has it. */
function nodeStat(stats: fs.BigIntStats): NodeStat {
  return {
    kind: kindOf(stats),
    device: stats.dev,
    inode: stats.ino,
    links: stats.nlink,
    bytes: Number(stats.size),
    accessed: stats.atimeNs,
    modified: stats.mtimeNs,
    changed: stats.ctimeNs,
  };
}

/** What a descriptor stands for. */
function statOfDescriptor(descriptor: number): NodeStat {
  return nodeStat(fs.fstatSync(descriptor, { bigint: true }));
}

function accessFlags({ read, write }: FileAccess): number {
  if (write) return read ? O_RDWR : O_WRONLY;
  return O_RDONLY;
}

function openHandle(descriptor: number): FileHandle {
  return new HostFile(descriptor, statOfDescriptor, times);
}

/** The last guard of the confinement: resolution above never hands on anything else. */
function assertEntryName(name: string): void {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) {
    throw new FileError('invalid', `${JSON.stringify(name)} is not the name of an entry`);
  }
}

function decodedName(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

class HostDirectory implements DirectoryHandle {
  readonly #descriptor: number;
  #isClosed = false;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  get #self(): string {
    if (this.#isClosed) throw new FileError('bad-descriptor', 'the directory is closed');
    return `/proc/self/fd/${this.#descriptor}`;
  }

  #entry(name: string): string {
    assertEntryName(name);
    return `${this.#self}/${name}`;
  }

  stat(): NodeStat {
    return withFileFaults(() => times.seen(statOfDescriptor(this.#descriptor)));
  }

  statOf(name: string): NodeStat | undefined {
    return withFileFaults(() => {
      const stats = fs.lstatSync(this.#entry(name), { bigint: true, throwIfNoEntry: false });
      return stats && times.seen(nodeStat(stats));
    });
  }

  *entries(): Generator<DirectoryEntry, void, void> {
    const directory = withFileFaults(() => fs.opendirSync(this.#self, { encoding: 'buffer' as BufferEncoding }));
    const next = () => withFileFaults(() => directory.readSync());
    try {
      for (let read = next(); read !== null; read = next()) {
        const name = decodedName(read.name as unknown as Uint8Array);
        const stat = name === undefined ? undefined : this.statOf(name);
        if (stat !== undefined) yield { name: name!, kind: stat.kind, inode: stat.inode };
      }
    } finally {
      directory.closeSync();
    }
  }

  readLink(name: string): string {
    return withFileFaults(() => {
      const target = decodedName(fs.readlinkSync(this.#entry(name), { encoding: 'buffer' }));
      if (target === undefined) throw new FileError('illegal-byte-sequence', 'the link is not UTF-8');
      return target;
    });
  }

  openDirectory(name: string): DirectoryHandle {
    return withFileFaults(() => new HostDirectory(fs.openSync(this.#entry(name), heldDirectory)));
  }

  openFile(name: string, access: FileAccess): FileHandle {
    return openLooking(this.#entry(name), O_NOFOLLOW, access);
  }

  createFile(name: string, access: FileAccess): FileHandle {
    return withFileFaults(() =>
      openHandle(fs.openSync(this.#entry(name), accessFlags(access) | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666)),
    );
  }

  createDirectory(name: string): void {
    withFileFaults(() => fs.mkdirSync(this.#entry(name)));
  }

  createLink(name: string, target: string): void {
    withFileFaults(() => fs.symlinkSync(target, this.#entry(name)));
  }

  link(name: string, to: DirectoryHandle, toName: string): void {
    withFileFaults(() => fs.linkSync(this.#entry(name), sameSystem(to).#entry(toName)));
  }

  rename(name: string, to: DirectoryHandle, toName: string): void {
    withFileFaults(() => fs.renameSync(this.#entry(name), sameSystem(to).#entry(toName)));
  }

  removeFile(name: string): void {
    withFileFaults(() => fs.unlinkSync(this.#entry(name)));
  }

  removeDirectory(name: string): void {
    withFileFaults(() => fs.rmdirSync(this.#entry(name)));
  }

  setTimesOf(name: string, wanted: NodeTimes): void {
    withFileFaults(() => {
      const path = this.#entry(name);
      const stat = () => nodeStat(fs.lstatSync(path, { bigint: true }));
      times.set(stat, wanted, (accessed, modified) => fs.lutimesSync(path, accessed, modified));
    });
  }

  setTimes(wanted: NodeTimes): void {
    withFileFaults(() => {
      const path = this.#self;
      const apply = (accessed: number, modified: number) => fs.utimesSync(path, accessed, modified);
      times.set(() => statOfDescriptor(this.#descriptor), wanted, apply);
    });
  }

  async sync(): Promise<void> {
    // A descriptor that only names a node cannot be synced.
    const readable = withFileFaults(() => fs.openSync(this.#self, O_RDONLY | O_DIRECTORY));
    try {
      await syncAside(readable);
    } finally {
      fs.closeSync(readable);
    }
  }

  duplicate(): DirectoryHandle {
    return withFileFaults(() => new HostDirectory(fs.openSync(this.#self, pathOnly | O_DIRECTORY)));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    withFileFaults(() => fs.closeSync(this.#descriptor));
  }
}

/** Looks before it opens, at the same node: a device or pipe must not even be opened, for that may block or act. */
function openLooking(path: string, flags: number, access: FileAccess): FileHandle {
  return withFileFaults(() => {
    const node = fs.openSync(path, pathOnly | flags);
    try {
      const { kind } = statOfDescriptor(node);
      if (kind === 'link') throw new FileError('loop', 'it is a symbolic link');
      if (kind === 'directory') throw new FileError('is-directory', 'it is a directory');
      if (kind !== 'file') throw new FileError('not-permitted', 'it is a device, a pipe or a socket');
      return openHandle(fs.openSync(`/proc/self/fd/${node}`, accessFlags(access)));
    } finally {
      fs.closeSync(node);
    }
  });
}

/** Holds a regular file of this machine; links on the way to it are followed. */
export function openHostFile(path: string, access: FileAccess): FileHandle {
  return openLooking(path, 0, access);
}

function sameSystem(directory: DirectoryHandle): HostDirectory {
  if (directory instanceof HostDirectory) return directory;
  throw new FileError('cross-device', 'the two directories are of different file systems');
}

/** Holds a directory of this machine; its own path may be anything that the operating system opens. */
export function openHostDirectory(path: string): DirectoryHandle {
  return withFileFaults(() => {
    const descriptor = fs.openSync(path, pathOnly | O_DIRECTORY);
    const reached = fs.statSync(`/proc/self/fd/${descriptor}`, { bigint: true, throwIfNoEntry: false });
    const held = fs.fstatSync(descriptor, { bigint: true });
    if (reached?.ino === held.ino && reached.dev === held.dev) return new HostDirectory(descriptor);
    fs.closeSync(descriptor);
    throw new FileError(
      'unsupported',
      `${path} can't be granted: this system does not show descriptors in /proc/self/fd`,
    );
  });
}
