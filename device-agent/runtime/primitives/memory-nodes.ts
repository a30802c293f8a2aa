import type { FileHandle, NodeStat, NodeTimes } from '../../../platform/file-handles.ts';
import { MemoryBytes } from './memory-bytes.ts';

/** What files, directories and links in memory have in common. */
interface MemoryNodeBase {
  readonly inode: bigint;
  links: bigint;
  accessed: bigint;
  modified: bigint;
  changed: bigint;
}

/** A file in memory. */
export interface MemoryFile extends MemoryNodeBase {
  readonly kind: 'file';
  readonly bytes: MemoryBytes;
}

export interface MemoryDirectoryNode extends MemoryNodeBase {
  readonly kind: 'directory';
  /** Undefined for the top, and for one that was removed. */
  parent: MemoryDirectoryNode | undefined;
  readonly entries: Map<string, MemoryNode>;
}

export interface MemoryLink extends MemoryNodeBase {
  readonly kind: 'link';
  readonly target: string;
}

export type MemoryNode = MemoryFile | MemoryDirectoryNode | MemoryLink;

/** What makes and stamps the nodes of one file system in memory. `now` in nanoseconds since the epoch. */
export class MemoryNodes {
  readonly now: () => bigint;
  readonly #device: bigint;
  #nextInode = 1n;

  constructor(now: () => bigint, device: bigint) {
    this.now = now;
    this.#device = device;
  }

  #base(): MemoryNodeBase {
    const now = this.now();
    return { inode: this.#nextInode++, links: 1n, accessed: now, modified: now, changed: now };
  }

  file(bytes?: Uint8Array): MemoryFile {
    return { ...this.#base(), kind: 'file', bytes: new MemoryBytes(bytes) };
  }

  directory(): MemoryDirectoryNode {
    return { ...this.#base(), kind: 'directory', parent: undefined, entries: new Map() };
  }

  link(target: string): MemoryLink {
    return { ...this.#base(), kind: 'link', target };
  }

  stat(node: MemoryNode): NodeStat {
    const { kind, inode, links, accessed, modified, changed } = node;
    return { kind, device: this.#device, inode, links, bytes: bytesOf(node), accessed, modified, changed };
  }

  setTimes(node: MemoryNode, { accessed = node.accessed, modified = node.modified }: NodeTimes): void {
    Object.assign(node, { accessed, modified, changed: this.now() });
  }

  /** Stamps a node whose content has changed. */
  touch(node: MemoryNode): void {
    node.modified = this.now();
    node.changed = node.modified;
  }
}

function bytesOf(node: MemoryNode): number {
  if (node.kind === 'file') return node.bytes.length;
  return node.kind === 'link' ? node.target.length : 0;
}

/** An open file in memory. */
export class MemoryFileHandle implements FileHandle {
  readonly #nodes: MemoryNodes;
  readonly #file: MemoryFile;

  constructor(nodes: MemoryNodes, file: MemoryFile) {
    this.#nodes = nodes;
    this.#file = file;
  }

  stat(): NodeStat {
    return this.#nodes.stat(this.#file);
  }

  size(): number {
    return this.#file.bytes.length;
  }

  read(into: Uint8Array, position: number): number {
    return this.#file.bytes.read(into, position);
  }

  write(bytes: Uint8Array, position: number): number {
    this.#file.bytes.write(bytes, position);
    this.#nodes.touch(this.#file);
    return bytes.length;
  }

  resize(bytes: number): void {
    this.#file.bytes.resize(bytes);
    this.#nodes.touch(this.#file);
  }

  setTimes(times: NodeTimes): void {
    this.#nodes.setTimes(this.#file, times);
  }

  sync(): void {}

  close(): void | Promise<void> {}
}
