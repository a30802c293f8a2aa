import { FileError, type NodeStat } from '../../../platform/file-handles.ts';

/** What a grant may hold. */
export interface QuotaLimits {
  readonly bytesMax: number;
  /** Files, directories and links together. */
  readonly entriesMax: number;
  /** Files and directories held open at once. */
  readonly openMax: number;
}

/** Descriptors that all instances of one application may have open in one grant. */
export const openMax = 64;

/** Of the disk, for a name and what stands behind it. */
const entryBytes = 4096;

/** A node that handles are open on, counted once for all of them. */
export interface OpenNode {
  key: string;
  handles: number;
  /** Its last name is gone; its bytes are given back with its last handle. */
  isNameless: boolean;
}

/**
 * What a grant holds and may hold. Bytes are counted as sizes, holes too, each file once whatever its names. Counted is
 * what guests of this process do; what others put into the directory meanwhile shows when it is measured next.
 */
export class Quota {
  readonly #limits: QuotaLimits;
  readonly #room: (bytes: number) => number;
  readonly #open = new Map<string, OpenNode>();
  #bytes: number;
  #entries: number;
  #handles = 0;
  #bytesWritten = 0;

  /** `room` hands out what is free where the grant lies, up to as many bytes as it is asked for. */
  constructor(
    limits: QuotaLimits,
    used: { readonly bytes: number; readonly entries: number },
    room = (bytes: number): number => bytes,
  ) {
    this.#limits = limits;
    this.#room = room;
    this.#bytes = used.bytes;
    this.#entries = used.entries;
  }

  get used(): { readonly bytes: number; readonly entries: number; readonly handles: number } {
    return { bytes: this.#bytes, entries: this.#entries, handles: this.#handles };
  }

  /** All bytes that were ever written through this grant. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  addEntry(): void {
    if (this.#entries >= this.#limits.entriesMax) {
      throw new FileError('quota', `the grant holds ${this.#entries} of ${this.#limits.entriesMax} entries`);
    }
    if (this.#room(entryBytes) < entryBytes) throw new FileError('insufficient-space', 'the disk has no room for more');
    this.#entries += 1;
  }

  /** Counts an entry that was not made after all, or a directory that is gone. */
  dropEntry(): void {
    this.#entries -= 1;
  }

  /** Counts an entry that is gone, and what it held unless somebody still holds it. */
  dropNode(stat: NodeStat): void {
    this.dropEntry();
    if (stat.kind !== 'file' || stat.links > 1n) return;
    const key = keyOf(stat);
    const node = this.#open.get(key);
    if (node === undefined) {
      this.#bytes -= stat.bytes;
      return;
    }
    node.isNameless = true;
    // What takes its name may be known by the same key, and is another node.
    this.#open.delete(key);
  }

  /** Its name stands for something else from now on: what those have who opened it before counts until they close it. */
  replaced(stat: NodeStat): void {
    const key = keyOf(stat);
    const node = this.#open.get(key);
    if (node === undefined) return;
    node.isNameless = true;
    this.#open.delete(key);
    this.#bytes += stat.bytes;
  }

  /** Counts an entry that has another name: where a node is known by its name, its open handles are known by the new one. */
  renamed(before: NodeStat, after: NodeStat): void {
    const [key, newKey] = [keyOf(before), keyOf(after)];
    const node = this.#open.get(key);
    if (node === undefined || key === newKey) return;
    this.#open.delete(key);
    this.#open.set(newKey, Object.assign(node, { key: newKey }));
  }

  /** How many of `growth` bytes may be added; fails when it is none of them. */
  allowance(growth: number): number {
    if (growth <= 0) return growth;
    const free = this.#limits.bytesMax - this.#bytes;
    if (free <= 0) throw new FileError('quota', `the grant holds ${this.#bytes} of ${this.#limits.bytesMax} bytes`);
    const given = this.#room(Math.min(growth, free));
    if (given <= 0) throw new FileError('insufficient-space', 'the disk has no room for more');
    return given;
  }

  /** Counts how a file has changed in size. */
  grown(bytes: number): void {
    this.#bytes += bytes;
  }

  written(bytes: number): void {
    this.#bytesWritten += bytes;
  }

  /** Asks for room for one more handle, before it is opened. */
  assertMayOpen(): void {
    if (this.#handles >= this.#limits.openMax) {
      throw new FileError('too-many-open', `${this.#handles} files and directories of the grant are open`);
    }
  }

  /** Counts a handle; gives what it is closed with. */
  opened(stat: NodeStat): OpenNode {
    const key = keyOf(stat);
    const node = this.#open.get(key) ?? { key, handles: 0, isNameless: false };
    node.handles += 1;
    this.#open.set(key, node);
    this.#handles += 1;
    return node;
  }

  /** Counts that a handle is closed; `bytes` tells what goes with it when it was the last of a file without a name. */
  closed(node: OpenNode, bytes: () => number): void {
    this.#handles -= 1;
    node.handles -= 1;
    if (node.handles > 0) return;
    if (node.isNameless) this.#bytes -= bytes();
    else this.#open.delete(node.key);
  }
}

function keyOf({ device, inode }: NodeStat): string {
  return `${device}:${inode}`;
}
