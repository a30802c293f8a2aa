import { makeDirectoryDurably } from '../../../platform/durable-file.ts';
import type { Disk } from '../../../platform/ports.ts';

/**
 * What applications keep on the device, below the runtime's directory:
 *
 *     applications/NAME/data   the directory that it sees as /data
 *     applications/NAME/kv     its keys
 *
 * Kept by the application's name: a new release finds what the one before has left.
 */
export class ApplicationDirectories {
  readonly #disk: Disk;
  readonly #directory: string;

  constructor(disk: Disk, runtimeDirectory: string) {
    this.#disk = disk;
    this.#directory = `${runtimeDirectory}/applications`;
  }

  /** The path of a directory that is there when this returns. */
  open(application: string, kind: 'data' | 'kv'): string {
    const path = `${this.#directory}/${application}/${kind}`;
    makeDirectoryDurably(this.#disk, path);
    return path;
  }

  /** Removes all that is kept for applications with other names than these. */
  collect(held: ReadonlySet<string>): void {
    if (this.#disk.stat(this.#directory) === undefined) return;
    for (const name of this.#disk.list(this.#directory)) {
      if (!held.has(name)) this.#disk.remove(`${this.#directory}/${name}`);
    }
  }
}
