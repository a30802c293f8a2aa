import { andThen } from '../../../platform/and-then.ts';
import { makeDirectoryDurably } from '../../../platform/durable-file.ts';
import { type Disk, DiskError } from '../../../platform/ports.ts';

/**
 * What applications keep on the device, below the runtime's directory:
 *
 *     applications/NAME/data   the directory that it sees as /data
 *     applications/NAME/kv     its keys
 *     applications/NAME/state  snapshots of its instance, each by the digest of its module
 *     removed/                 what belonged to applications that are gone, while it is removed
 *
 * Kept by the application's name: a new release finds what the one before has left.
 */
export class ApplicationDirectories {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #removed: string;
  /** What is being removed, in order. */
  readonly #leaving: string[] = [];

  constructor(disk: Disk, runtimeDirectory: string) {
    this.#disk = disk;
    this.#directory = `${runtimeDirectory}/applications`;
    this.#removed = `${runtimeDirectory}/removed`;
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
      if (modules === undefined) this.#putAside(name, path);
      else this.#collectStates(`${path}/state`, modules);
    }
    this.removeRest();
  }

  /** Removes beside the thread what is left of applications that are gone; what can't be is tried again when more is. */
  removeRest(): void {
    const isUnderWay = this.#leaving.length > 0;
    this.#leaving.push(...this.#list(this.#removed).filter((name) => !this.#leaving.includes(name)));
    if (!isUnderWay) this.#removeNext();
  }

  #removeNext(): void {
    const [name] = this.#leaving;
    if (name === undefined) return;
    void andThen(this.#remove(name), () => {
      this.#leaving.shift();
      this.#removeNext();
    });
  }

  #remove(name: string): void | Promise<void> {
    const tolerate = (error: unknown): void => {
      if (!(error instanceof DiskError)) throw error;
    };
    try {
      const removing = this.#disk.removeAside(`${this.#removed}/${name}`);
      return removing instanceof Promise ? removing.catch(tolerate) : undefined;
    } catch (error) {
      return tolerate(error);
    }
  }

  /** At once nobody finds it any more, neither an application by the same name. */
  #putAside(name: string, path: string): void {
    this.#disk.makeDirectory(this.#removed);
    let place = `${this.#removed}/${name}`;
    while (this.#disk.stat(place) !== undefined) place += '.';
    this.#disk.rename(path, place);
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
