import { createHash } from 'node:crypto';
import { openDirectoryDurably } from '../../platform/durable-file.ts';
import type { Disk } from '../../platform/ports.ts';
import { readIfPossible } from './unreadable.ts';

/** Bytes read at once while a file is digested: whole modules are never held in memory for it. */
const chunkBytes = 64 * 1024;

/** Modules under their digests, `sha256/HEX`. A name is only ever given to bytes that had that digest. */
export class ModuleStore {
  readonly #disk: Disk;
  readonly #directory: string;

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
    openDirectoryDurably(disk, directory);
  }

  pathOf(sha256: string): string {
    return `${this.#directory}/${sha256}`;
  }

  /** The length of the file with this name; undefined when there is none. */
  bytesOf(sha256: string): number | undefined {
    return this.#disk.stat(this.pathOf(sha256))?.bytes;
  }

  /** Whether the file is still what it is named for. One that can't be read now may be whole all the same. */
  condition(sha256: string, length: number): 'intact' | 'damaged' | 'unreadable' {
    const isIntact = readIfPossible(
      () => this.bytesOf(sha256) === length && digestFile(this.#disk, this.pathOf(sha256)) === sha256,
    );
    if (isIntact === undefined) return 'unreadable';
    return isIntact ? 'intact' : 'damaged';
  }

  /** Takes in a file whose bytes are synced and were seen to have this digest; durable when it returns. */
  adopt(path: string, sha256: string): void {
    this.#disk.rename(path, this.pathOf(sha256));
    this.#disk.syncDirectory(this.#directory);
  }

  /** Digests of all that are there. */
  list(): readonly string[] {
    return this.#disk.list(this.#directory).filter((name) => /^[0-9a-f]{64}$/.test(name));
  }

  read(sha256: string): Uint8Array {
    return this.#disk.readFile(this.pathOf(sha256));
  }

  remove(sha256: string): void {
    this.#disk.remove(this.pathOf(sha256));
  }

  /** Removes every module that is not `held`. */
  collect(held: ReadonlySet<string>): void {
    for (const name of this.#disk.list(this.#directory)) if (!held.has(name)) this.remove(name);
  }
}

/** SHA-256 of a file in hexadecimal, read piece by piece. */
export function digestFile(disk: Disk, path: string): string {
  using file = disk.open(path, 'read');
  const hash = createHash('sha256');
  for (let at = 0; ; ) {
    const chunk = file.read(at, chunkBytes);
    if (chunk.length === 0) return hash.digest('hex');
    hash.update(chunk);
    at += chunk.length;
  }
}
