/**
 * A store of values: a file a key. What is written to a key is there when the write is over, whole or not at all, also after a
 * power cut; until then whoever reads the key reads what was there before. One key has one writer at a time.
 */
import { whenSettled } from '../../../platform/and-then.ts';
import { writeFileAside } from '../../../platform/durable-file.ts';
import { FileError } from '../../../platform/file-handles.ts';
import type { Disk, DiskFile } from '../../../platform/ports.ts';
import { withDiskFaults } from './disk-fault.ts';

/** Behind a key on disk: what a power cut left of a write ends otherwise. */
const ending = '.value';
/** Of a key in UTF-8: its file needs a name that every disk takes. */
const keyBytesMax = 200;

/** The values of one application. */
export class KvStore {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #writing = new Set<string>();
  /** Bytes of each value: nobody else writes here, and to ask the disk for many holds up whoever shares the thread. */
  readonly #sizes = new Map<string, number>();

  private constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  /** The store of a directory, which is its own: what a power cut left of writes goes. Stops after every name. */
  static *opening(disk: Disk, directory: string): Generator<void, KvStore, void> {
    const store = new KvStore(disk, directory);
    for (const name of disk.list(directory)) {
      yield;
      if (name.endsWith(ending)) store.#look(name.slice(0, -ending.length));
      else disk.remove(`${directory}/${name}`);
    }
    return store;
  }

  /** What is known of a value from now on is what the disk has. */
  #look(key: string): void {
    const stat = this.#disk.stat(this.#pathOf(key));
    if (stat === undefined) this.#sizes.delete(key);
    else this.#sizes.set(key, stat.bytes);
  }

  keys(): Iterable<string> {
    return this.#sizes.keys();
  }

  /** Bytes of all values, and how many there are. */
  measure(): { readonly bytes: number; readonly entries: number } {
    const bytes = [...this.#sizes.values()].reduce((sum, one) => sum + one, 0);
    return { bytes, entries: this.#sizes.size };
  }

  /** Bytes of a value; undefined when there is none. */
  sizeOf(key: string): number | undefined {
    this.#pathOf(key);
    return this.#sizes.get(key);
  }

  /** The value as it is now: writes that end later do not change what is read here. */
  open(key: string): DiskFile {
    return withDiskFaults(() => this.#disk.open(this.#pathOf(key), 'read'));
  }

  read(key: string): Uint8Array {
    return withDiskFaults(() => this.#disk.readFile(this.#pathOf(key)));
  }

  /** Keeps others from writing to the key until it is disposed of. */
  claim(key: string): Disposable {
    this.#pathOf(key);
    this.#assertUnclaimed(key);
    this.#writing.add(key);
    return { [Symbol.dispose]: () => void this.#writing.delete(key) };
  }

  /** Replaces the value, for who has a claim on the key; durable when it is over. */
  write(key: string, value: Uint8Array): void | Promise<void> {
    return withDiskFaults(() =>
      whenSettled(
        () => writeFileAside(this.#disk, this.#directory, key + ending, value),
        () => this.#look(key),
      ),
    );
  }

  remove(key: string): void | Promise<void> {
    this.#assertUnclaimed(key);
    return withDiskFaults(() => {
      this.#disk.remove(this.#pathOf(key));
      this.#look(key);
      return this.#disk.syncAside(this.#directory);
    });
  }

  /** Gives a value another key, and takes that from what had it. */
  rename(key: string, toKey: string): void | Promise<void> {
    for (const one of [key, toKey]) this.#assertUnclaimed(one);
    return withDiskFaults(() => {
      this.#disk.rename(this.#pathOf(key), this.#pathOf(toKey));
      for (const one of [key, toKey]) this.#look(one);
      return this.#disk.syncAside(this.#directory);
    });
  }

  #assertUnclaimed(key: string): void {
    if (this.#writing.has(key)) throw new FileError('busy', `somebody writes to the key ${key}`);
  }

  #pathOf(key: string): string {
    const bytes = Buffer.byteLength(key);
    if (bytes <= keyBytesMax) return `${this.#directory}/${key}${ending}`;
    throw new FileError('name-too-long', `a key has at most ${keyBytesMax} bytes, not ${bytes}`);
  }
}
