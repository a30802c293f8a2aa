import { FileError, type FileHandle, type NodeStat, type NodeTimes } from '../../../platform/file-handles.ts';
import type { OpenNode, Quota } from './quota.ts';

/** As large as a file may become: beyond it positions are no exact numbers any more. */
const fileBytesMax = Number.MAX_SAFE_INTEGER;

/** An open file of a grant: what is written to it is counted against the grant's quota. */
export class OpenFile {
  readonly #handle: FileHandle;
  readonly #quota: Quota;
  readonly #node: OpenNode;
  #isClosed = false;

  /** Takes over the handle. */
  constructor(handle: FileHandle, quota: Quota) {
    this.#handle = handle;
    this.#quota = quota;
    this.#node = quota.opened(handle.stat());
  }

  stat(): NodeStat {
    return this.#handle.stat();
  }

  size(): number {
    return this.#handle.size();
  }

  read(into: Uint8Array, position: number): number {
    return into.length === 0 ? 0 : this.#handle.read(into, position);
  }

  /** Writes what the quota has room for; gives the bytes written. */
  write(bytes: Uint8Array, position: number): number {
    if (bytes.length === 0) return 0;
    if (position + bytes.length > fileBytesMax) throw new FileError('file-too-large', `position ${position}`);
    const before = this.size();
    const growth = Math.max(0, position + bytes.length - before);
    const length = growth === 0 ? bytes.length : bytes.length - growth + this.#roomFor(growth, bytes.length);
    const written = this.#handle.write(bytes.subarray(0, length), position);
    this.#quota.written(written);
    this.#quota.grown(Math.max(0, position + written - before));
    return written;
  }

  /** A write beyond the end counts the hole before it too, and so may have no room for a single byte. */
  #roomFor(growth: number, length: number): number {
    const room = this.#quota.allowance(growth);
    if (length - growth + room > 0) return room;
    throw new FileError('quota', 'there is no room for a hole of that size');
  }

  /** Writes behind the end, wherever that is by now. */
  append(bytes: Uint8Array): number {
    return this.write(bytes, this.size());
  }

  resize(bytes: number): void {
    if (bytes > fileBytesMax) throw new FileError('file-too-large', `${bytes} bytes`);
    const growth = bytes - this.size();
    if (growth > 0 && this.#quota.allowance(growth) < growth) {
      throw new FileError('quota', `the grant has no room for ${growth} more bytes`);
    }
    this.#handle.resize(bytes);
    this.#quota.grown(growth);
  }

  setTimes(times: NodeTimes): void {
    this.#handle.setTimes(times);
  }

  sync(): void | Promise<void> {
    return this.#handle.sync();
  }

  close(): void | Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    let closing: void | Promise<void>;
    try {
      this.#quota.closed(this.#node, () => this.#handle.size());
    } finally {
      closing = this.#handle.close();
    }
    return closing;
  }
}
