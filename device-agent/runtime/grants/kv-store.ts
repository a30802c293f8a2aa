/**
 * A store of values: a file a key. What is written to a key is there when the write is over, whole or not at all, also after a
 * power cut; until then whoever reads the key reads what was there before. One key has one writer at a time.
 */
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

  /** Removes from the directory, which is its own, what a power cut left of writes. */
  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
    for (const name of disk.list(directory)) if (!name.endsWith(ending)) disk.remove(`${directory}/${name}`);
  }

  keys(): readonly string[] {
    return withDiskFaults(() => this.#disk.list(this.#directory))
      .filter((name) => name.endsWith(ending))
      .map((name) => name.slice(0, -ending.length));
  }

  /** Bytes of all values, and how many there are. */
  measure(): { readonly bytes: number; readonly entries: number } {
    const sizes = this.keys().map((key) => this.sizeOf(key) ?? 0);
    return { bytes: sizes.reduce((sum, bytes) => sum + bytes, 0), entries: sizes.length };
  }

  /** Bytes of a value; undefined when there is none. */
  sizeOf(key: string): number | undefined {
    return withDiskFaults(() => this.#disk.stat(this.#pathOf(key)))?.bytes;
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
    return withDiskFaults(() => writeFileAside(this.#disk, this.#directory, key + ending, value));
  }

  remove(key: string): void | Promise<void> {
    this.#assertUnclaimed(key);
    return withDiskFaults(() => {
      this.#disk.remove(this.#pathOf(key));
      return this.#disk.syncAside(this.#directory);
    });
  }

  /** Gives a value another key, and takes that from what had it. */
  rename(key: string, toKey: string): void | Promise<void> {
    for (const one of [key, toKey]) this.#assertUnclaimed(one);
    return withDiskFaults(() => {
      this.#disk.rename(this.#pathOf(key), this.#pathOf(toKey));
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
