import * as fs from 'node:fs';
import { FileError, type FileHandle, type NodeStat, type NodeTimes } from '../file-handles.ts';
import type { ExactTimes } from './exact-times.ts';
import { withFileFaults } from './file-fault.ts';
import { syncAside } from './sync-aside.ts';

/** A regular file of this machine, held by its descriptor. */
export class HostFile implements FileHandle {
  readonly #statOf: (descriptor: number) => NodeStat;
  readonly #times: ExactTimes;
  #descriptor: number | undefined;
  /** What the disk is at: so long the descriptor stays open. */
  readonly #syncing = new Set<Promise<void>>();

  constructor(descriptor: number, statOf: (descriptor: number) => NodeStat, times: ExactTimes) {
    this.#descriptor = descriptor;
    this.#statOf = statOf;
    this.#times = times;
  }

  #use<T>(operation: (descriptor: number) => T): T {
    return withFileFaults(() => {
      if (this.#descriptor === undefined) throw new FileError('bad-descriptor', 'the file is closed');
      return operation(this.#descriptor);
    });
  }

  stat(): NodeStat {
    return this.#use((descriptor) => this.#times.seen(this.#statOf(descriptor)));
  }

  size(): number {
    return this.#use((descriptor) => fs.fstatSync(descriptor).size);
  }

  read(into: Uint8Array, position: number): number {
    return this.#use((descriptor) => fs.readSync(descriptor, into, 0, into.length, position));
  }

  write(bytes: Uint8Array, position: number): number {
    return this.#use((descriptor) => fs.writeSync(descriptor, bytes, 0, bytes.length, position));
  }

  resize(bytes: number): void {
    this.#use((descriptor) => fs.ftruncateSync(descriptor, bytes));
  }

  setTimes(wanted: NodeTimes): void {
    this.#use((descriptor) => {
      const apply = (accessed: number, modified: number) => fs.futimesSync(descriptor, accessed, modified);
      this.#times.set(() => this.#statOf(descriptor), wanted, apply);
    });
  }

  async sync(): Promise<void> {
    const syncing = this.#use((descriptor) => syncAside(descriptor));
    this.#syncing.add(syncing);
    try {
      await syncing;
    } finally {
      this.#syncing.delete(syncing);
    }
  }

  close(): void {
    if (this.#descriptor === undefined) return;
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (this.#syncing.size > 0) void Promise.allSettled(this.#syncing).then(() => fs.close(descriptor, () => {}));
    else withFileFaults(() => fs.closeSync(descriptor));
  }
}
