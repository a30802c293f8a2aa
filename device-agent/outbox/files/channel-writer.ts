import { makeDirectoryDurably } from '../../../platform/durable-file.ts';
import { type Clock, type Disk, DiskError, type DiskFile, type Random } from '../../../platform/ports.ts';
import { droppedPath, segmentNumbers, segmentPath, takenPath } from './channel-files.ts';
import {
  blockBytes,
  flashBytesPerHourMin,
  messageBytesMax,
  messagesOfQuota,
  segmentBytesMax,
  segmentsMax,
  segmentsOfQuota,
} from './limits.ts';
import { readNote, writeNote, writeNoteDurably } from './note.ts';
import type { OutboxTerms } from './outbox-port.ts';
import { readHeader, readRecords, unlessGone } from './read-segment.ts';
import { encodeHeader, encodeRecord, headerBytes, recordHeaderBytes, streamBytes } from './segment.ts';

/** What a writer stands on. */
export interface ChannelWriterPorts {
  readonly disk: Disk;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly random: Random;
}

const hourMs = 3_600_000;
/** A segment takes messages for this part of the age limit, so that they grow too old together. */
const ageParts = 16;

/** Of the time that a segment may have for its number: more has no room in the name of its file. */
const secondsMax = 10 ** 11;

interface OpenSegment {
  readonly file: DiskFile;
  readonly number: number;
  readonly openedMs: number;
  bytes: number;
}

function inBlocks(bytes: number): number {
  return Math.ceil(bytes / blockBytes) * blockBytes;
}

/**
 * Appends messages to the segments of one channel. It begins a segment of its own, whatever a process before left: what that
 * one may have torn stays as it is. Numbers of segments are those of the seconds in which they begin, or the next: on a disk that was put
 * back to an older state they are none that were used since, which the shore would hold for what it has.
 */
export class ChannelWriter {
  readonly #directory: string;
  readonly #terms: OutboxTerms;
  readonly #ports: ChannelWriterPorts;
  readonly #stream: Uint8Array;
  #open: OpenSegment | undefined;
  #lastNumber: number;
  #dropped: number;
  /** What may still be written, of the flash budget. */
  #allowance: { bytes: number; atMs: number };

  constructor(directory: string, terms: OutboxTerms, ports: ChannelWriterPorts) {
    const { disk, clock, random } = ports;
    this.#directory = directory;
    this.#terms = terms;
    this.#ports = ports;
    makeDirectoryDurably(disk, directory);
    const numbers = segmentNumbers(disk, directory);
    const headers = numbers.flatMap((number) => readHeader(disk, segmentPath(directory, number)) ?? []);
    this.#lastNumber = Math.max(numbers.at(-1) ?? 0, readNote(disk, takenPath(directory), 3)?.[0] ?? 0);
    this.#stream = headers.at(-1)?.stream ?? random.bytes(streamBytes);
    this.#dropped = Math.max(readNote(disk, droppedPath(directory), 1)?.[0] ?? 0, headers.at(-1)?.dropped ?? 0);
    this.#allowance = { bytes: terms.quotaBytes, atMs: clock.monotonic() };
  }

  /**
   * Goes on in the newest segment where that is whole to its last byte and takes messages still, for who writes little in each of many
   * lives: a segment takes whole blocks. Whoever wrote there before must be gone.
   */
  goOn(): void {
    const { disk, clock } = this.#ports;
    const path = segmentPath(this.#directory, this.#lastNumber);
    // By a clock that was never set it is none.
    const ageMs = Math.max(0, clock.now() - this.#lastNumber * 1000);
    if (this.#open !== undefined || this.#isOld(ageMs) || readHeader(disk, path) === undefined) return;
    let end = headerBytes;
    readRecords(disk, path, headerBytes, (_record, recordEnd) => {
      end = recordEnd;
      return true;
    });
    const file = disk.open(path, 'write');
    if (file.size() > end) file.close();
    else this.#open = { file, number: this.#lastNumber, openedMs: clock.monotonic() - ageMs, bytes: end };
  }

  /** `at`: when it happened, in milliseconds since the epoch; now where that is not said. */
  put(message: Uint8Array, at: number = this.#ports.clock.now()): 'taken' | 'full' {
    const record = encodeRecord({ at: Math.trunc(at), message });
    try {
      if (this.#isTooMuch(record.length) || !this.#makeRoom(record.length)) return this.#drop();
      this.#append(record);
      return 'taken';
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.#close();
      return this.#drop();
    }
  }

  #isTooMuch(bytes: number): boolean {
    const { quotaBytes } = this.#terms;
    const nowMs = this.#ports.clock.monotonic();
    const { bytes: left, atMs } = this.#allowance;
    const gained = ((nowMs - atMs) / hourMs) * Math.max(quotaBytes, flashBytesPerHourMin);
    this.#allowance = { bytes: Math.min(quotaBytes, left + gained), atMs: nowMs };
    const bytesMax = Math.min(quotaBytes / messagesOfQuota, messageBytesMax) + recordHeaderBytes;
    return bytes > Math.min(bytesMax, this.#allowance.bytes);
  }

  #append(record: Uint8Array): void {
    const segment = this.#segmentFor(record.length);
    segment.file.write(segment.bytes, record);
    segment.bytes += record.length;
    this.#allowance.bytes -= record.length;
  }

  /** The open segment, or a new one where it is full or has taken messages for long enough. */
  #segmentFor(bytes: number): OpenSegment {
    if (this.#open !== undefined && !this.#isFull(this.#open, bytes)) return this.#open;
    this.#close();
    const { disk, clock } = this.#ports;
    // The number is spent even if what follows fails.
    this.#lastNumber = Math.max(this.#lastNumber + 1, Math.min(Math.trunc(clock.now() / 1000), secondsMax));
    const file = disk.open(segmentPath(this.#directory, this.#lastNumber), 'write');
    const { maxAgeSeconds } = this.#terms;
    file.write(0, encodeHeader({ stream: this.#stream, dropped: this.#dropped, maxAgeSeconds }));
    this.#open = { file, number: this.#lastNumber, openedMs: clock.monotonic(), bytes: headerBytes };
    return this.#open;
  }

  #isFull({ bytes: held, openedMs }: OpenSegment, bytes: number): boolean {
    const { quotaBytes } = this.#terms;
    const most = Math.min(segmentBytesMax, quotaBytes / segmentsOfQuota);
    const ageMs = this.#ports.clock.monotonic() - openedMs;
    return held > headerBytes && (held + bytes > most || this.#isOld(ageMs));
  }

  /** Whether a segment has taken messages for long enough. */
  #isOld(ageMs: number): boolean {
    return ageMs > (this.#terms.maxAgeSeconds * 1000) / ageParts;
  }

  #close(): void {
    const segment = this.#open;
    this.#open = undefined;
    segment?.file.close();
  }

  /** Whether there is room for so many bytes more, after dropping what the policy says. */
  #makeRoom(bytes: number): boolean {
    const numbers = this.#segments();
    const opens = this.#open === undefined || this.#isFull(this.#open, bytes);
    const sizes = numbers.map((number) => this.#sizeOf(number));
    const grown = opens ? inBlocks(headerBytes + bytes) : inBlocks(bytes);
    let held = sizes.reduce((sum, size) => sum + size, 0);
    let files = numbers.length + (opens ? 1 : 0);
    for (const [at, number] of numbers.entries()) {
      if (held + grown <= this.#terms.quotaBytes && files <= segmentsMax) return true;
      // The newest is what keeps numbers from being used again.
      if (this.#terms.drop === 'newest' || number === this.#lastNumber) return false;
      this.#dropSegment(number);
      held -= sizes[at]!;
      files -= 1;
    }
    return held + grown <= this.#terms.quotaBytes;
  }

  /** Its files may have been removed while its application was gone: then it goes on with the next number. */
  #segments(): readonly number[] {
    const { disk } = this.#ports;
    const numbers = segmentNumbers(disk, this.#directory);
    if (this.#open !== undefined && !numbers.includes(this.#open.number)) this.#close();
    if (numbers.length === 0) makeDirectoryDurably(disk, this.#directory);
    return numbers;
  }

  #sizeOf(number: number): number {
    const path = segmentPath(this.#directory, number);
    return inBlocks(unlessGone(() => this.#ports.disk.stat(path))?.bytes ?? 0);
  }

  /** What the shore has of it is not lost. */
  #dropSegment(number: number): void {
    const { disk } = this.#ports;
    const [takenSegment = 0, takenIndex = 0] = readNote(disk, takenPath(this.#directory), 3) ?? [];
    const path = segmentPath(this.#directory, number);
    const kept = number < takenSegment ? Number.POSITIVE_INFINITY : number === takenSegment ? takenIndex : -1;
    let index = -1;
    let lost = 0;
    readRecords(disk, path, headerBytes, () => {
      index += 1;
      if (index > kept) lost += 1;
      return true;
    });
    this.#dropped += lost;
    if (lost > 0) writeNoteDurably(disk, droppedPath(this.#directory), [this.#dropped]);
    // First the count and the newest name: a power cut may leave the segment, and never takes it uncounted.
    disk.syncDirectory(this.#directory);
    disk.remove(path);
  }

  #drop(): 'full' {
    this.#dropped += 1;
    unlessNoted(() => writeNote(this.#ports.disk, droppedPath(this.#directory), [this.#dropped]));
    return 'full';
  }
}

/** A disk that takes nothing more must not keep what comes from being counted in memory. */
function unlessNoted(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
  }
}
