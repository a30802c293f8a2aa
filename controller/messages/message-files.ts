/**
 * NDJSON files in a directory, one after the other:
 *
 *     20261129T084500.000Z-000001.ndjson    whole and done
 *     20261129T094500.000Z-000002.ndjson    the newest, which is appended to
 *
 * A file that is not the newest never changes again, and whoever is done with it may take it away. Every life of the controller
 * begins one of its own.
 */
import { makeDirectoryDurably } from '../../platform/durable-file.ts';
import type { Clock, Disk, DiskFile } from '../../platform/ports.ts';
import { OutletError } from './outlet.ts';

/** How they grow, and what they may take. */
export interface MessageFilesTerms {
  readonly directory: string;
  /** A file is done when it has so many bytes, or after so long. */
  readonly fileBytes: number;
  readonly fileMs: number;
  /** Of all of them together. */
  readonly bytesMax: number;
  /** What becomes of messages when they have as much: they wait on their devices, or the oldest files go. */
  readonly whenFull: 'wait' | 'drop-oldest';
}

const pattern = /^\d{8}T\d{6}\.\d{3}Z-(\d{6,15})\.ndjson$/;
const lineFeed = 0x0a;

interface NumberedFile {
  readonly name: string;
  readonly number: number;
  bytes: number;
}

interface OpenFile extends NumberedFile {
  readonly file: DiskFile;
  readonly openedMs: number;
}

/** The files, to append to. */
export class MessageFiles {
  readonly #terms: MessageFilesTerms;
  readonly #disk: Disk;
  readonly #clock: Clock;
  #open: OpenFile | undefined;
  #isMended = false;
  #lastNumber = 0;
  /** Of all files, as far as is known. */
  #heldBytes = 0;

  constructor(terms: MessageFilesTerms, disk: Disk, clock: Clock) {
    this.#terms = terms;
    this.#disk = disk;
    this.#clock = clock;
  }

  /** Appends whole lines; durable when it returns. Throws `DiskError`, or `OutletError` where there is no room for them. */
  append(lines: Uint8Array): void {
    this.mend();
    this.#makeRoom(lines.length);
    const open = this.#fileFor(lines.length);
    try {
      open.file.write(open.bytes, lines);
      open.file.sync();
      open.bytes += lines.length;
      this.#heldBytes += lines.length;
    } catch (error) {
      // What was written of it is not whole: the file ends before it.
      this.close();
      this.#isMended = false;
      throw error;
    }
  }

  close(): void {
    const open = this.#open;
    this.#open = undefined;
    open?.file.close();
  }

  /**
   * The newest file may not be whole to its end, where a process or the power ended. It becomes so, durably, before another is
   * the newest. Throws `DiskError`; then it is tried again before something is appended.
   */
  mend(): void {
    if (this.#isMended) return;
    const { directory } = this.#terms;
    makeDirectoryDurably(this.#disk, directory);
    const newest = this.#look().at(-1);
    if (newest !== undefined) {
      this.#lastNumber = Math.max(this.#lastNumber, newest.number);
      using file = this.#disk.open(`${directory}/${newest.name}`, 'write');
      const end = endOfLines(file);
      if (end < file.size()) file.truncate(end);
      file.sync();
    }
    this.#isMended = true;
  }

  /** All files there are, oldest first. */
  #look(): NumberedFile[] {
    const { directory } = this.#terms;
    const files = this.#disk.list(directory).flatMap((name) => {
      const number = pattern.exec(name)?.[1];
      const bytes = number === undefined ? undefined : this.#disk.stat(`${directory}/${name}`)?.bytes;
      return bytes === undefined ? [] : [{ name, number: Number(number), bytes }];
    });
    this.#heldBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
    return files.sort((left, right) => left.number - right.number);
  }

  /** Looks at the directory only where what is known of it leaves no room: others take files away. */
  #makeRoom(bytes: number): void {
    const { directory, bytesMax, whenFull } = this.#terms;
    if (this.#heldBytes + bytes <= bytesMax) return;
    const files = this.#look();
    if (this.#heldBytes + bytes <= bytesMax) return;
    if (whenFull === 'wait') {
      const detail = `the files in ${directory} have ${this.#heldBytes} bytes, and may have ${bytesMax}: take some away`;
      throw new OutletError('FILES_FULL', detail);
    }
    for (const file of files) {
      if (this.#heldBytes + bytes <= bytesMax) return;
      if (file.name === this.#open?.name) this.close();
      this.#disk.remove(`${directory}/${file.name}`);
      this.#heldBytes -= file.bytes;
    }
  }

  #fileFor(bytes: number): OpenFile {
    const { directory, fileBytes, fileMs } = this.#terms;
    const nowMs = this.#clock.monotonic();
    const open = this.#open;
    const goesOn = open !== undefined && open.bytes + bytes <= fileBytes && nowMs - open.openedMs < fileMs;
    // Somebody may have taken it away though it was the newest.
    if (goesOn && this.#disk.stat(`${directory}/${open.name}`) !== undefined) return open;
    this.close();
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    const time = new Date(this.#clock.now()).toISOString().replaceAll(/[-:]/g, '');
    const name = `${time}-${String(number).padStart(6, '0')}.ndjson`;
    const file = this.#disk.open(`${directory}/${name}`, 'write');
    this.#disk.syncDirectory(directory);
    this.#open = { file, name, number, openedMs: nowMs, bytes: 0 };
    return this.#open;
  }
}

const pieceBytes = 64 * 1024;

/** Where the last whole line ends. What the power took of an append reads as zeros, which no line has. */
function endOfLines(file: DiskFile): number {
  let end = 0;
  for (let from = 0; from < file.size(); from += pieceBytes) {
    const piece = file.read(from, pieceBytes);
    const hole = piece.indexOf(0);
    const lineEnd = (hole < 0 ? piece : piece.subarray(0, hole)).lastIndexOf(lineFeed);
    if (lineEnd >= 0) end = from + lineEnd + 1;
    if (hole >= 0) break;
  }
  return end;
}
