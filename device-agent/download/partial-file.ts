import { createHash } from 'node:crypto';
import type { Clock, Disk, DiskFile } from '../../platform/ports.ts';
import { DoubleSlot } from '../storage/double-slot.ts';

/** What is known to be on disk for good of a download that is not complete. */
interface Checkpoint {
  readonly bytes: number;
  /** Where answers began that brought it, ascending; of many the newest. */
  readonly answers?: readonly number[];
  /** All together was wrong once: what comes next is no answer of its own, so that the next time more is taken back. */
  readonly isDoubted?: true;
}

/** Answers that are told apart: what is taken back beyond them is all. */
const answersMax = 16;

/** Received bytes between two checkpoints: at most this much travels twice after a power cut. */
const checkpointBytes = 256 * 1024;

/**
 * On a slow link a checkpoint comes after so long and so much, whichever is later, so that short stays with power keep what
 * they carried. One costs the flash about two pages, of 4 KiB, and what was received: half of that again at most.
 */
const slowCheckpointMs = 2_000;
const slowCheckpointBytes = 16 * 1024;

const chunkBytes = 64 * 1024;

/**
 * A download under way: `HEX.part` holds its bytes, `HEX.at.a` and `.b` how many of them are known to be durable. Bytes
 * count only up to a checkpoint, for beyond it a power cut leaves anything.
 */
export class PartialFile {
  readonly path: string;
  readonly #disk: Disk;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #checkpoints: DoubleSlot<Checkpoint>;
  readonly #file: DiskFile;
  #hash = createHash('sha256');
  #bytes: number;
  #durableBytes: number;
  #durableAt: number;
  #answers: readonly number[];
  #isDoubted: boolean;

  constructor(
    { disk, clock }: { readonly disk: Disk; readonly clock: Pick<Clock, 'monotonic'> },
    directory: string,
    sha256: string,
  ) {
    this.#disk = disk;
    this.#clock = clock;
    this.path = `${directory}/${sha256}.part`;
    const { slot, value } = DoubleSlot.open<Checkpoint>(disk, `${directory}/${sha256}.at`);
    this.#checkpoints = slot;
    this.#file = disk.open(this.path, 'write');
    const bytes = value !== undefined && this.#file.size() >= value.bytes ? value.bytes : 0;
    this.#answers = (value?.answers ?? []).filter((at) => at < bytes);
    this.#isDoubted = value?.isDoubted === true;
    this.#bytes = bytes;
    this.#durableBytes = bytes;
    this.#durableAt = clock.monotonic();
    if (this.#file.size() > bytes) this.#file.truncate(bytes);
    this.#readHash();
    disk.syncDirectory(directory);
  }

  /** Bytes there are. */
  get bytes(): number {
    return this.#bytes;
  }

  #readHash(): void {
    this.#hash = createHash('sha256');
    for (let at = 0; at < this.#bytes; at += chunkBytes) {
      this.#hash.update(this.#file.read(at, Math.min(chunkBytes, this.#bytes - at)));
    }
  }

  /** What is appended from now on came in another answer than what is there. */
  beginAnswer(): void {
    if (this.#isDoubted) this.#isDoubted = false;
    else this.#answers = [...this.#answers.filter((at) => at < this.#bytes), this.#bytes].slice(-answersMax);
  }

  append(chunk: Uint8Array): void {
    this.#file.write(this.#bytes, chunk);
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
    if (this.#isCheckpointDue()) this.checkpoint();
  }

  #isCheckpointDue(): boolean {
    const fresh = this.#bytes - this.#durableBytes;
    if (fresh >= checkpointBytes) return true;
    return fresh >= slowCheckpointBytes && this.#clock.monotonic() - this.#durableAt >= slowCheckpointMs;
  }

  /** Makes what was received so far survive a power cut. */
  checkpoint(): void {
    if (this.#bytes === this.#durableBytes) return;
    this.#file.sync();
    this.#note();
  }

  #note(): void {
    const doubt = this.#isDoubted ? { isDoubted: true as const } : {};
    this.#checkpoints.write({ bytes: this.#bytes, answers: this.#answers, ...doubt });
    this.#durableBytes = this.#bytes;
    this.#durableAt = this.#clock.monotonic();
  }

  /** Goes back to where the newest answer began. */
  takeBack(): void {
    this.#shorten(this.#answers.at(-1) ?? 0);
    this.#answers = this.#answers.slice(0, -1);
    this.#note();
  }

  /** All together is wrong: the newest answer is doubted first, and those before it when that was not it. */
  doubt(): void {
    this.#isDoubted = true;
    this.takeBack();
  }

  #shorten(bytes: number): void {
    this.#bytes = bytes;
    this.#file.truncate(bytes);
    this.#readHash();
  }

  /** Starts over with nothing. */
  restart(): void {
    this.#answers = [];
    this.#isDoubted = false;
    this.takeBack();
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
