/**
 * A disk that keeps its promises no better than POSIX demands.
 *
 * Fault model. Every change is first in the cache only. A `sync` of a file makes its bytes and length durable; a
 * `syncDirectory` makes the names in that directory durable (which names exist, and which file each one means). At a
 * crash, every change that was not made durable survives or not, each by its own draw:
 *   - of unsynced bytes, each 512-byte sector is old or new (torn writes); the length is old or new;
 *   - a name that was created, renamed or removed is as before or as after, each directory entry by itself; but a rename
 *     never loses the file: where the old name is gone, the new one is there (every journalling file system does that).
 * A new file whose name survives but whose bytes were never synced is there with whatever its sectors drew.
 *
 * A sector may become unreadable (`spoil`): then the file can be neither read nor written over, only emptied, removed or
 * replaced.
 *
 * Every operation that changes something counts; `crashAfter` makes the disk throw `PowerCut` once that many have passed.
 */
import { type Disk, DiskError, type DiskFile, type FileStat } from '../../platform/ports.ts';
import {
  afterCrash,
  type Directory,
  type Fate,
  type Inode,
  isDirectory,
  newDirectory,
  type Rename,
} from './disk-crash.ts';

/** More than anything here ever writes: a disk of this size is not measured. */
const unlimitedBytes = 2 ** 40;

/** Thrown by every operation from the moment the power is gone until `restart`. */
export class PowerCut extends Error {
  constructor() {
    super('the power is gone');
    this.name = 'PowerCut';
  }
}

function requireMedium(inode: Inode, path: string): void {
  if (inode.isSpoilt === true) throw new DiskError('MEDIUM', path, 'i/o error');
}

function partsOf(path: string): string[] {
  if (!path.startsWith('/')) throw new DiskError('IO', path, 'not an absolute path');
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

export class SimDisk implements Disk {
  #root = newDirectory();
  /** Of files that were written at their end: their bytes as they are seen, with room behind them. */
  readonly #grown = new WeakMap<Inode, { readonly room: Uint8Array; readonly seen: Uint8Array }>();
  #renames: Rename[] = [];
  #operations = 0;
  #crashAfter = Number.POSITIVE_INFINITY;
  #off = false;
  #capacityBytes: number;
  /** Called when so much is written to a file, whether it lasts or not. */
  onWrite: (path: string, bytes: number) => void = () => {};

  constructor(capacityBytes = unlimitedBytes) {
    this.#capacityBytes = capacityBytes;
  }

  /** How many changing operations have passed since the start. */
  get operations(): number {
    return this.#operations;
  }

  /** Cuts the power when `operations` more changing operations have passed; the next one throws. */
  crashAfter(operations: number): void {
    this.#crashAfter = this.#operations + operations;
  }

  /** Cuts the power now and settles every unsynced change by `fate`; `restart` brings it back. */
  crash(fate: Fate): void {
    this.#off = true;
    this.#root = afterCrash(this.#root, this.#renames, fate);
    this.#renames = [];
  }

  /** Power is back. Files that were open stay unusable by nature: their inodes are gone from the tree. */
  restart(): void {
    this.#off = false;
    this.#crashAfter = Number.POSITIVE_INFINITY;
  }

  /** A disk of its own, as this one would be found after a power cut now. */
  copyAfterCrash(fate: Fate): SimDisk {
    const copy = new SimDisk(this.#capacityBytes);
    copy.#root = afterCrash(this.#root, this.#renames, fate);
    return copy;
  }

  /** Somebody else fills it, or makes room again: from now on this many bytes can still be written. */
  leaveRoom(bytes: number): void {
    this.#capacityBytes = bytes >= unlimitedBytes ? unlimitedBytes : this.usedBytes() + bytes;
  }

  /** Flips one bit of a file, as a worn flash cell would: at once durable. */
  flipBit(path: string, bit: number): void {
    const inode = this.#file(path);
    const at = Math.floor(bit / 8) % Math.max(1, inode.bytes.length);
    for (const bytes of new Set([inode.bytes, inode.durable])) {
      if (at < bytes.length) bytes[at] = bytes[at]! ^ (1 << (bit % 8));
    }
  }

  /** What a file lies on fails for good, as a worn flash block does. */
  spoil(path: string): void {
    this.#file(path).isSpoilt = true;
  }

  /** Paths of all files, sorted. */
  allFiles(): string[] {
    const found: string[] = [];
    const walk = (directory: Directory, prefix: string): void => {
      for (const [name, node] of directory.entries) {
        if (isDirectory(node)) walk(node, `${prefix}/${name}`);
        else found.push(`${prefix}/${name}`);
      }
    };
    walk(this.#root, '');
    return found.sort();
  }

  #check(): void {
    if (this.#off) throw new PowerCut();
  }

  #change(): void {
    this.#check();
    if (this.#operations >= this.#crashAfter) {
      this.#off = true;
      throw new PowerCut();
    }
    this.#operations += 1;
  }

  #find(path: string): Inode | Directory | undefined {
    let node: Inode | Directory | undefined = this.#root;
    for (const part of partsOf(path)) {
      if (node === undefined || !isDirectory(node)) return undefined;
      node = node.entries.get(part);
    }
    return node;
  }

  #file(path: string): Inode {
    const node = this.#find(path);
    if (node === undefined) throw new DiskError('NOT_FOUND', path, 'no such file');
    if (isDirectory(node)) throw new DiskError('IO', path, 'is a directory');
    return node;
  }

  #parent(path: string): { readonly directory: Directory; readonly name: string } {
    const parts = partsOf(path);
    const name = parts.pop();
    const directory = this.#find(`/${parts.join('/')}`);
    if (name === undefined || directory === undefined || !isDirectory(directory)) {
      throw new DiskError('NOT_FOUND', path, 'no such directory');
    }
    return { directory, name };
  }

  #isFull(growth: number): boolean {
    return this.#capacityBytes < unlimitedBytes && this.usedBytes() + growth > this.#capacityBytes;
  }

  usedBytes(): number {
    return this.allFiles().reduce((sum, path) => sum + this.#file(path).bytes.length, 0);
  }

  open(path: string, mode: 'read' | 'write'): DiskFile {
    this.#check();
    if (mode === 'write' && this.#find(path) === undefined) {
      this.#change();
      const { directory, name } = this.#parent(path);
      directory.entries.set(name, { bytes: new Uint8Array(), durable: new Uint8Array() });
    }
    return this.#handle(path, this.#file(path), mode);
  }

  /** Its bytes with these among them. What has been read or is durable keeps what it had: only what lies behind all of it is written in place. */
  #written(inode: Inode, position: number, bytes: Uint8Array): Uint8Array {
    const { length } = inode.bytes;
    const end = position + bytes.length;
    const grown = this.#grown.get(inode);
    const isBehind = grown?.seen === inode.bytes && position >= length && end <= grown.room.length;
    const room = isBehind ? grown.room : new Uint8Array(position < length ? Math.max(end, length) : 2 * end);
    if (!isBehind) room.set(inode.bytes);
    room.set(bytes, position);
    const seen = room.subarray(0, Math.max(end, length));
    this.#grown.set(inode, { room, seen });
    return seen;
  }

  #handle(path: string, inode: Inode, mode: 'read' | 'write'): DiskFile {
    const writable = (): void => {
      if (mode === 'read') throw new DiskError('NOT_PERMITTED', path, 'opened for reading');
      this.#change();
    };
    return {
      read: (position, length) => {
        this.#check();
        requireMedium(inode, path);
        return inode.bytes.slice(position, position + length);
      },
      write: (position, bytes) => {
        writable();
        requireMedium(inode, path);
        const end = position + bytes.length;
        const growth = end - inode.bytes.length;
        if (growth > 0 && this.#isFull(growth)) {
          throw new DiskError('NO_SPACE', path, 'no space left');
        }
        inode.bytes = this.#written(inode, position, bytes);
        this.onWrite(path, bytes.length);
      },
      truncate: (bytes) => {
        writable();
        const next = new Uint8Array(bytes);
        next.set(inode.bytes.subarray(0, bytes));
        inode.bytes = next;
        if (bytes === 0) inode.isSpoilt = false;
      },
      size: () => {
        this.#check();
        return inode.bytes.length;
      },
      sync: () => {
        writable();
        inode.durable = inode.bytes.slice();
      },
      close: () => {},
      [Symbol.dispose]: () => {},
    };
  }

  readFile(path: string): Uint8Array {
    this.#check();
    const inode = this.#file(path);
    requireMedium(inode, path);
    return inode.bytes.slice();
  }

  stat(path: string): FileStat | undefined {
    this.#check();
    const node = this.#find(path);
    if (node === undefined) return undefined;
    return isDirectory(node) ? { kind: 'directory', bytes: 0 } : { kind: 'file', bytes: node.bytes.length };
  }

  list(path: string): string[] {
    this.#check();
    const node = this.#find(path);
    if (node === undefined || !isDirectory(node)) throw new DiskError('NOT_FOUND', path, 'no such directory');
    return [...node.entries.keys()].sort();
  }

  makeDirectory(path: string): void {
    this.#check();
    let directory = this.#root;
    for (const part of partsOf(path)) {
      const next = directory.entries.get(part);
      if (next !== undefined && !isDirectory(next)) throw new DiskError('EXISTS', path, 'a file is in the way');
      if (next === undefined) {
        this.#change();
        const created = newDirectory();
        directory.entries.set(part, created);
        directory = created;
      } else {
        directory = next;
      }
    }
  }

  rename(from: string, to: string): void {
    this.#change();
    const source = this.#parent(from);
    const node = source.directory.entries.get(source.name);
    if (node === undefined) throw new DiskError('NOT_FOUND', from, 'no such file');
    const target = this.#parent(to);
    const replaced = target.directory.entries.get(target.name);
    if (replaced !== undefined && isDirectory(replaced) && replaced.entries.size > 0) {
      throw new DiskError('EXISTS', to, 'directory not empty');
    }
    source.directory.entries.delete(source.name);
    target.directory.entries.set(target.name, node);
    this.#renames.push({
      from: source.directory,
      fromName: source.name,
      to: target.directory,
      toName: target.name,
    });
  }

  remove(path: string): void {
    this.#check();
    if (this.#find(path) === undefined) return;
    this.#change();
    const { directory, name } = this.#parent(path);
    directory.entries.delete(name);
  }

  removeAside(path: string): void {
    this.remove(path);
  }

  syncDirectory(path: string): void {
    this.#change();
    const node = this.#find(path);
    if (node === undefined || !isDirectory(node)) throw new DiskError('NOT_FOUND', path, 'no such directory');
    node.durable = new Map(node.entries);
    this.#renames = this.#renames.filter(({ to }) => to !== node);
  }

  syncAside(path: string): void {
    const node = this.#find(path);
    if (node !== undefined && isDirectory(node)) return this.syncDirectory(path);
    using file = this.open(path, 'write');
    file.sync();
  }

  freeBytes(): number {
    this.#check();
    return this.#capacityBytes < unlimitedBytes ? Math.max(0, this.#capacityBytes - this.usedBytes()) : unlimitedBytes;
  }
}
