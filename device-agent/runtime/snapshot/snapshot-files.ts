import { SnapshotError } from '../../../artifact/snapshot/snapshot.ts';
import { writeFileDurably } from '../../../platform/durable-file.ts';
import type { Disk } from '../../../platform/ports.ts';

const ending = '.snapshot';

/** Snapshots of one application, one for each module that it ran, by the digests of these; a power cut leaves the old one or the new. */
export class SnapshotFiles {
  readonly #disk: Disk;
  readonly #directory: string;

  /** Removes from the directory, which is its own, what a power cut left of writes. */
  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
    for (const name of disk.list(directory)) if (!name.endsWith(ending)) disk.remove(`${directory}/${name}`);
  }

  /** The snapshot of a module's instance; undefined where there is none. Throws a SnapshotError where it is larger than it may be. */
  read(sha256: string, bytesMax: number): Uint8Array | undefined {
    const path = this.#pathOf(sha256);
    const bytes = this.#disk.stat(path)?.bytes;
    if (bytes === undefined) return undefined;
    if (bytes > bytesMax) throw new SnapshotError(`it has ${bytes} bytes, at most ${bytesMax} may be had here`);
    return this.#disk.readFile(path);
  }

  /** Durable when it returns. */
  write(sha256: string, file: Uint8Array): void {
    writeFileDurably(this.#disk, this.#directory, `${sha256}${ending}`, file);
  }

  remove(sha256: string): void {
    this.#disk.remove(this.#pathOf(sha256));
  }

  #pathOf(sha256: string): string {
    return `${this.#directory}/${sha256}${ending}`;
  }
}
