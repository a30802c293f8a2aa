/**
 * A small value that survives power cuts: two files, of which each write replaces the older one in place, with one sync.
 *
 *   0   4 B   magic "FLT1"
 *   4   4 B   length of the payload, big-endian
 *   8   8 B   generation, big-endian; grows by one with every write
 *  16  32 B   SHA-256 of bytes 4..16 and of the payload
 *  48         payload: JSON in UTF-8; what follows it is left over from a longer one
 *
 * Invariant: a write touches only the slot that is not the newest valid one. So a write that is torn, or one file that
 * rots or can't be read, leaves the other; what a returned `write` stored is what the next `openDoubleSlot` finds.
 */
import { createHash } from 'node:crypto';
import { dirname } from 'node:path/posix';
import { type Disk, DiskError } from '../../platform/ports.ts';
import { mendIfPossible } from './mend.ts';
import { isMediumFault, readIfPossible } from './unreadable.ts';

const magic = Buffer.from('FLT1');
const headerBytes = 48;

/** The ceiling of a payload; state is small by design. */
export const payloadBytesMax = 256 * 1024;

interface Found {
  readonly generation: bigint;
  readonly value: unknown;
}

function digest(head: Uint8Array, payload: Uint8Array): Buffer {
  return createHash('sha256').update(head).update(payload).digest();
}

function readSlot(disk: Disk, path: string): Found | undefined {
  if (disk.stat(path)?.kind !== 'file') return undefined;
  using file = disk.open(path, 'read');
  const header = Buffer.from(file.read(0, headerBytes));
  if (header.length < headerBytes || !header.subarray(0, 4).equals(magic)) return undefined;
  const length = header.readUInt32BE(4);
  if (length > payloadBytesMax) return undefined;
  const payload = file.read(headerBytes, length);
  if (payload.length < length || !digest(header.subarray(4, 16), payload).equals(header.subarray(16))) return undefined;
  return { generation: header.readBigUInt64BE(8), value: JSON.parse(Buffer.from(payload).toString('utf8')) };
}

/** What both slots hold, as far as it is valid. Throws when there is nothing and one can't be read: it may be read later. */
function readBoth(disk: Disk, path: string): readonly Found[] {
  const names = [`${path}.a`, `${path}.b`];
  const found = names.map((name) => readIfPossible(() => readSlot(disk, name))).filter((one) => one !== undefined);
  return found.length > 0 ? found : names.map((name) => readSlot(disk, name)).filter((one) => one !== undefined);
}

/** Syncs what the disk's cache holds of both files. */
function makeDurable(disk: Disk, path: string): void {
  try {
    for (const name of [`${path}.a`, `${path}.b`]) {
      if (readIfPossible(() => disk.stat(name))?.kind !== 'file') continue;
      using file = disk.open(name, 'write');
      file.sync();
    }
    disk.syncDirectory(dirname(path));
  } catch (error) {
    // Worn flash turns read-only, or bad in places: what is there then stays, and what it says shall go on running.
    if (!(error instanceof DiskError) || error.code === 'NO_SPACE') throw error;
  }
}

/** The two files `PATH.a` and `PATH.b` as one value. */
export class DoubleSlot<T> {
  readonly #disk: Disk;
  readonly #path: string;
  #generation: bigint;

  private constructor(disk: Disk, path: string, generation: bigint) {
    this.#disk = disk;
    this.#path = path;
    this.#generation = generation;
  }

  /** What was written last, and the slot to write on. The directory must exist. */
  static open<T>(disk: Disk, path: string): { readonly slot: DoubleSlot<T>; readonly value: T | undefined } {
    const found = readBoth(disk, path);
    const newest = found.reduce<Found | undefined>(
      (best, one) => (best === undefined || one.generation > best.generation ? one : best),
      undefined,
    );
    const slot = new DoubleSlot<T>(disk, path, newest?.generation ?? 0n);
    return { slot, value: newest?.value as T | undefined };
  }

  /**
   * As `open`, for a value that must not go back: what is returned is durable, even when a process that wrote it was killed
   * before it could sync; and a slot that is not valid is written anew, so that one after the other may rot. It may have
   * been the newest: `mend` tells what to go on with after the one that is left.
   */
  static openMended<T>(
    disk: Disk,
    path: string,
    mend: (left: T) => T = (left) => left,
  ): { readonly slot: DoubleSlot<T>; readonly value: T | undefined } {
    makeDurable(disk, path);
    const { slot, value } = DoubleSlot.open<T>(disk, path);
    if (value === undefined || readBoth(disk, path).length === 2) return { slot, value };
    const mended = mend(value);
    mendIfPossible(() => slot.write(mended));
    return { slot, value: mended };
  }

  /** Stores `value`; when this returns it is durable. When it throws, the former value still is. */
  write(value: T): void {
    const payload = Buffer.from(JSON.stringify(value));
    if (payload.length > payloadBytesMax) throw new RangeError(`a state of ${payload.length} bytes is too large`);
    const generation = this.#generation + 1n;
    const record = Buffer.alloc(headerBytes + payload.length);
    magic.copy(record);
    record.writeUInt32BE(payload.length, 4);
    record.writeBigUInt64BE(generation, 8);
    digest(record.subarray(4, 16), payload).copy(record, 16);
    payload.copy(record, headerBytes);
    const path = this.#pathOf(generation);
    try {
      this.#put(path, record);
    } catch (error) {
      if (!isMediumFault(error)) throw error;
      // Where a block can't be read, a part of it can't be written: the file gets another one.
      this.#disk.remove(path);
      this.#put(path, record);
    }
    this.#generation = generation;
  }

  #put(path: string, record: Uint8Array): void {
    const isNew = this.#disk.stat(path) === undefined;
    using file = this.#disk.open(path, 'write');
    file.write(0, record);
    file.sync();
    if (isNew) this.#disk.syncDirectory(dirname(path));
  }

  /** Writes `value`, which was stored last, over a slot that rotted since, so that the other one may. */
  mend(value: T): void {
    if (this.#generation === 0n) return;
    const isWhole = (generation: bigint): boolean =>
      readIfPossible(() => readSlot(this.#disk, this.#pathOf(generation))) !== undefined;
    const isNewestWhole = isWhole(this.#generation);
    if (isNewestWhole && isWhole(this.#generation - 1n)) return;
    // The next write, whoever's it is, must not go to the only slot that is left.
    if (!isNewestWhole) this.#generation -= 1n;
    mendIfPossible(() => this.write(value));
  }

  #pathOf(generation: bigint): string {
    return `${this.#path}.${generation % 2n === 0n ? 'a' : 'b'}`;
  }

  /** Removes both files. */
  remove(): void {
    for (const name of ['a', 'b']) this.#disk.remove(`${this.#path}.${name}`);
  }
}
