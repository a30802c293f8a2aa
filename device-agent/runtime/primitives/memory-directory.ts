/** Directories in memory behind the port of `file-handles.ts`: configuration and secrets on a device, everything in tests. */
import {
  type DirectoryEntry,
  type DirectoryHandle,
  FileError,
  type FileHandle,
  type NodeStat,
  type NodeTimes,
} from '../../../platform/file-handles.ts';
import { type MemoryDirectoryNode, MemoryFileHandle, type MemoryNode, MemoryNodes } from './memory-nodes.ts';

class MemoryDirectory implements DirectoryHandle {
  readonly #nodes: MemoryNodes;
  readonly #node: MemoryDirectoryNode;

  constructor(nodes: MemoryNodes, node: MemoryDirectoryNode) {
    this.#nodes = nodes;
    this.#node = node;
  }

  stat(): NodeStat {
    return this.#nodes.stat(this.#node);
  }

  statOf(name: string): NodeStat | undefined {
    const node = this.#node.entries.get(name);
    return node && this.#nodes.stat(node);
  }

  *entries(): Generator<DirectoryEntry, void, void> {
    for (const [name, { kind, inode }] of this.#node.entries) yield { name, kind, inode };
  }

  #existing(name: string): MemoryNode {
    const node = this.#node.entries.get(name);
    if (node === undefined) throw new FileError('no-entry', `there is no ${name}`);
    return node;
  }

  readLink(name: string): string {
    const node = this.#existing(name);
    if (node.kind !== 'link') throw new FileError('invalid', `${name} is no link`);
    return node.target;
  }

  openDirectory(name: string): DirectoryHandle {
    const node = this.#existing(name);
    if (node.kind !== 'directory') throw new FileError('not-directory', `${name} is no directory`);
    return new MemoryDirectory(this.#nodes, node);
  }

  openFile(name: string): FileHandle {
    const node = this.#existing(name);
    if (node.kind === 'file') return new MemoryFileHandle(this.#nodes, node);
    throw new FileError(node.kind === 'link' ? 'loop' : 'is-directory', `${name} is a ${node.kind}`);
  }

  createFile(name: string): FileHandle {
    const file = this.#nodes.file();
    this.#add(name, file);
    return new MemoryFileHandle(this.#nodes, file);
  }

  createDirectory(name: string): void {
    this.#add(name, this.#nodes.directory());
  }

  createLink(name: string, target: string): void {
    this.#add(name, this.#nodes.link(target));
  }

  link(name: string, to: DirectoryHandle, toName: string): void {
    const node = this.#existing(name);
    if (node.kind === 'directory') throw new FileError('not-permitted', `${name} is a directory`);
    this.#sameSystem(to).#add(toName, node);
    node.links += 1n;
  }

  #add(name: string, node: MemoryNode): void {
    if (this.#node.entries.has(name)) throw new FileError('exist', `${name} exists`);
    this.#put(name, node);
  }

  #put(name: string, node: MemoryNode): void {
    this.#node.entries.set(name, node);
    if (node.kind === 'directory') node.parent = this.#node;
    this.#nodes.touch(this.#node);
  }

  #drop(name: string, node: MemoryNode): void {
    this.#node.entries.delete(name);
    if (node.kind === 'directory') node.parent = undefined;
    node.links -= 1n;
    this.#nodes.touch(this.#node);
  }

  rename(name: string, to: DirectoryHandle, toName: string): void {
    const target = this.#sameSystem(to);
    const node = this.#existing(name);
    const replaced = target.#node.entries.get(toName);
    if (replaced === node) return;
    if (node.kind === 'directory' && isWithin(node, target.#node)) {
      throw new FileError('invalid', `${name} would be moved into itself`);
    }
    if (replaced?.kind === 'directory' && isWithin(replaced, this.#node)) {
      throw new FileError('not-empty', `${toName} holds what would replace it`);
    }
    if (replaced !== undefined) {
      assertReplaceable(replaced, node);
      target.#drop(toName, replaced);
    }
    target.#put(toName, node);
    this.#node.entries.delete(name);
    this.#nodes.touch(this.#node);
  }

  removeFile(name: string): void {
    const node = this.#existing(name);
    if (node.kind === 'directory') throw new FileError('is-directory', `${name} is a directory`);
    this.#drop(name, node);
  }

  removeDirectory(name: string): void {
    const node = this.#existing(name);
    if (node.kind !== 'directory') throw new FileError('not-directory', `${name} is no directory`);
    if (node.entries.size > 0) throw new FileError('not-empty', `${name} has entries`);
    this.#drop(name, node);
  }

  setTimesOf(name: string, times: NodeTimes): void {
    this.#nodes.setTimes(this.#existing(name), times);
  }

  setTimes(times: NodeTimes): void {
    this.#nodes.setTimes(this.#node, times);
  }

  sync(): void {}

  duplicate(): DirectoryHandle {
    return new MemoryDirectory(this.#nodes, this.#node);
  }

  close(): void {}

  #sameSystem(directory: DirectoryHandle): MemoryDirectory {
    if (directory instanceof MemoryDirectory && directory.#nodes === this.#nodes) return directory;
    throw new FileError('cross-device', 'the two directories are of different file systems');
  }
}

function isWithin(directory: MemoryDirectoryNode, wanted: MemoryDirectoryNode): boolean {
  let node: MemoryDirectoryNode | undefined = wanted;
  while (node !== undefined && node !== directory) node = node.parent;
  return node === directory;
}

function assertReplaceable(replaced: MemoryNode, node: MemoryNode): void {
  if (node.kind === 'directory') {
    if (replaced.kind !== 'directory') throw new FileError('not-directory', 'a directory replaces directories only');
    if (replaced.entries.size > 0) throw new FileError('not-empty', 'the directory to be replaced has entries');
  } else if (replaced.kind === 'directory') {
    throw new FileError('is-directory', 'a file does not replace a directory');
  }
}

let nextDevice = 1n;

/** A new file system in memory with these files at its top; `now` in nanoseconds since the epoch. */
export function memoryDirectory(
  files: Readonly<Record<string, Uint8Array>> = {},
  now: () => bigint = () => 0n,
): DirectoryHandle {
  const nodes = new MemoryNodes(now, nextDevice++);
  const root = nodes.directory();
  for (const [name, bytes] of Object.entries(files)) root.entries.set(name, nodes.file(bytes));
  return new MemoryDirectory(nodes, root);
}
