import { makeDirectoryDurably } from '../../../platform/durable-file.ts';
import type { Disk } from '../../../platform/ports.ts';

/**
 * What applications keep on the device, below the runtime's directory:
 *
 *     applications/NAME/data   the directory that it sees as /data
 *     applications/NAME/kv     its keys
 *     applications/NAME/state  snapshots of its instance, each by the digest of its module
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
  open(application: string, kind: 'data' | 'kv' | 'state'): string {
    const path = `${this.#directory}/${application}/${kind}`;
    makeDirectoryDurably(this.#disk, path);
    return path;
  }

  /** Removes all that is kept for other applications than these, and the state of other modules than they have, by their digests. */
  collect(held: ReadonlyMap<string, ReadonlySet<string>>): void {
    for (const name of this.#list(this.#directory)) {
      const path = `${this.#directory}/${name}`;
      const modules = held.get(name);
      if (modules === undefined) this.#disk.remove(path);
      else this.#collectStates(`${path}/state`, modules);
    }
  }

  #collectStates(path: string, modules: ReadonlySet<string>): void {
    // Whoever runs the application may be writing: what is on the way there is its own.
    for (const name of this.#list(path)) {
      const sha256 = /^([0-9a-f]{64})-\d+\.(snapshot|exported)$/.exec(name)?.[1];
      if (sha256 !== undefined && !modules.has(sha256)) this.#disk.remove(`${path}/${name}`);
    }
  }

  #list(path: string): readonly string[] {
    return this.#disk.stat(path) === undefined ? [] : this.#disk.list(path);
  }
}
