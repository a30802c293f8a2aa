import { createHash, type Hash } from 'node:crypto';
import type { Disk, DiskFile } from '../../platform/ports.ts';
import { DoubleSlot } from '../storage/double-slot.ts';

/** What is known to be on disk for good of a download that is not complete. */
interface Checkpoint {
  readonly bytes: number;
}

/** Received bytes between two checkpoints: at most this much travels twice after a power cut. */
const checkpointBytes = 256 * 1024;

const chunkBytes = 64 * 1024;

/**
 * A download under way: `HEX.part` holds its bytes, `HEX.at.a` and `.b` how many of them are known to be durable. Bytes
 * count only up to a checkpoint, for beyond it a power cut leaves anything.
 */
export class PartialFile {
  readonly path: string;
  readonly #disk: Disk;
  readonly #checkpoints: DoubleSlot<Checkpoint>;
  readonly #file: DiskFile;
  #hash: Hash;
  #bytes: number;
  #durableBytes: number;

  constructor(disk: Disk, directory: string, sha256: string) {
    this.#disk = disk;
    this.path = `${directory}/${sha256}.part`;
    const { slot, value } = DoubleSlot.open<Checkpoint>(disk, `${directory}/${sha256}.at`);
    this.#checkpoints = slot;
    this.#file = disk.open(this.path, 'write');
    const bytes = value !== undefined && this.#file.size() >= value.bytes ? value.bytes : 0;
    this.#hash = createHash('sha256');
    this.#bytes = bytes;
    this.#durableBytes = bytes;
    if (this.#file.size() > bytes) this.#file.truncate(bytes);
    for (let at = 0; at < bytes; at += chunkBytes) {
      this.#hash.update(this.#file.read(at, Math.min(chunkBytes, bytes - at)));
    }
    disk.syncDirectory(directory);
  }

  /** Bytes there are. */
  get bytes(): number {
    return this.#bytes;
  }

  append(chunk: Uint8Array): void {
    this.#file.write(this.#bytes, chunk);
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes - this.#durableBytes >= checkpointBytes) this.checkpoint();
  }

  /** Makes what was received so far survive a power cut. */
  checkpoint(): void {
    if (this.#bytes === this.#durableBytes) return;
    this.#file.sync();
    this.#checkpoints.write({ bytes: this.#bytes });
    this.#durableBytes = this.#bytes;
  }

  /** Starts over with nothing. */
  restart(): void {
    if (this.#durableBytes > 0) this.#checkpoints.write({ bytes: 0 });
    this.#file.truncate(0);
    this.#hash = createHash('sha256');
    this.#bytes = 0;
    this.#durableBytes = 0;
  }

  /** The digest of all bytes in hexadecimal; they are durable afterwards, and nothing more can be appended. */
  finish(): string {
    this.#file.sync();
    return this.#hash.digest('hex');
  }

  close(): void {
    this.#file.close();
  }

  /** Closes and removes it with its checkpoints. */
  discard(): void {
    this.close();
    this.#disk.remove(this.path);
    this.#checkpoints.remove();
  }
}

/** How much of a blob is on disk for good; opens nothing for writing. */
export function bytesThere(disk: Disk, directory: string, sha256: string): number {
  return DoubleSlot.open<Checkpoint>(disk, `${directory}/${sha256}.at`).value?.bytes ?? 0;
}
