import type { Clock, Disk } from '../../platform/ports.ts';
import { droppedPath, type Position, segmentNumbers, segmentPath, takenPath } from './files/channel-files.ts';
import { readNote, writeNote, writeNoteDurably } from './files/note.ts';
import { readHeader, readRecords, unlessGone } from './files/read-segment.ts';
import { headerBytes, type SegmentHeader } from './files/segment.ts';
import { ageOf, type Sighting, sight } from './sighting.ts';

/** What waits of a channel, and what became of the rest. */
export interface BacklogCounts {
  readonly messages: number;
  readonly bytes: number;
  /** Of the oldest that waits. */
  readonly oldestAgeMs: number | undefined;
  /** Dropped since the channel was opened for the first time, for want of room or for their age. */
  readonly dropped: number;
}

/** Messages of one segment that follow each other. */
export interface Batch {
  readonly stream: Uint8Array;
  readonly first: Position;
  readonly messages: readonly { readonly at: number; readonly message: Uint8Array }[];
}

/** What is known of one segment. */
interface Seen {
  readonly header: SegmentHeader;
  /** Whole records, and where the last of them ends. */
  records: number;
  end: number;
  bytes: number;
  /** Of these, what is durable. */
  durable: number;
  /** Where the first record lies that the shore does not have, and its index. */
  next: { index: number; offset: number };
  /** Behind what was carried last: whoever carries goes on there. */
  carried: { index: number; offset: number };
  oldest: Sighting | undefined;
  newest: Sighting | undefined;
}

/** What waits of one channel, as the supervisor sees its files. It reads what it sends, and holds no message. */
export class ChannelBacklog {
  readonly #directory: string;
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #segments = new Map<number, Seen>();
  /** The last position that the shore has. */
  #taken: Position | undefined;
  #expired: number;
  #notedExpired: number;
  #isNoteBehind = false;
  /** On the monotonic clock; what is found new since is no older. */
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor(directory: string, disk: Disk, clock: Clock) {
    this.#directory = directory;
    this.#disk = disk;
    this.#clock = clock;
    const [segment, index = 0, expired = 0] = readNote(disk, takenPath(directory), 3) ?? [];
    this.#taken = segment === undefined ? undefined : { segment, index };
    this.#expired = expired;
    this.#notedExpired = expired;
  }

  /** Looks for what is new, makes it durable, and lets go of what the shore has and what is too old. */
  look(): void {
    const numbers = segmentNumbers(this.#disk, this.#directory);
    for (const number of this.#segments.keys()) if (!numbers.includes(number)) this.#segments.delete(number);
    const lookedMs = this.#clock.monotonic();
    for (const number of numbers) this.#lookAt(number, lookedMs - this.#lookedMs);
    this.#lookedMs = lookedMs;
    this.#makeDurable();
    this.#expire();
    this.#note();
    this.#clear(numbers);
  }

  #lookAt(number: number, atMostMs: number): void {
    const path = segmentPath(this.#directory, number);
    const size = unlessGone(() => this.#disk.stat(path))?.bytes ?? 0;
    const seen = this.#segments.get(number) ?? this.#open(number, path);
    if (seen === undefined || size <= seen.end) return;
    let last: number | undefined;
    readRecords(this.#disk, path, seen.end, ({ at, message }, end) => {
      seen.oldest ??= sight(at, atMostMs, this.#clock);
      last = at;
      this.#count(number, seen, message.length, end);
      return true;
    });
    if (last !== undefined) seen.newest = sight(last, atMostMs, this.#clock);
  }

  #open(number: number, path: string): Seen | undefined {
    const header = readHeader(this.#disk, path);
    if (header === undefined) return undefined;
    const next = { index: 0, offset: headerBytes };
    const nothing = { records: 0, end: headerBytes, bytes: 0, durable: 0, oldest: undefined, newest: undefined };
    const seen = { header, next, carried: next, ...nothing };
    this.#segments.set(number, seen);
    return seen;
  }

  #count(number: number, seen: Seen, bytes: number, end: number): void {
    const index = seen.records;
    seen.records += 1;
    seen.end = end;
    if (this.#isTaken({ segment: number, index })) seen.next = { index: index + 1, offset: end };
    else seen.bytes += bytes;
  }

  #isTaken({ segment, index }: Position): boolean {
    if (this.#taken === undefined) return false;
    return segment < this.#taken.segment || (segment === this.#taken.segment && index <= this.#taken.index);
  }

  /** Nothing is sent that a power cut could take back, for its number would come again with something else. */
  #makeDurable(): void {
    const fresh = [...this.#segments].filter(([, { records, durable }]) => records > durable);
    for (const [number, seen] of fresh) {
      unlessGone(() => {
        using file = this.#disk.open(segmentPath(this.#directory, number), 'write');
        file.sync();
      });
      if (seen.durable === 0) this.#disk.syncDirectory(this.#directory);
      seen.durable = seen.records;
    }
  }

  #expire(): void {
    for (const [number, seen] of this.#segments) {
      const { header, newest, records, next } = seen;
      if (newest === undefined || records === next.index) continue;
      if (ageOf(newest, this.#clock) <= header.maxAgeSeconds * 1000) return;
      this.#lose(number, seen);
    }
  }

  /** What it still has for the shore is dropped. */
  #lose(number: number, { records, next }: Seen): void {
    this.#expired += records - next.index;
    this.#settle({ segment: number, index: records - 1 });
  }

  /** Removes what has nothing more to say; never the newest, whose number must not be used again. */
  #clear(numbers: readonly number[]): void {
    for (const number of numbers.slice(0, -1)) {
      const seen = this.#segments.get(number);
      if (seen !== undefined && seen.next.index < seen.records) continue;
      this.#disk.remove(segmentPath(this.#directory, number));
      this.#segments.delete(number);
    }
  }

  /** The next messages to send: at least one where there is one, beyond that so many bytes and messages at most. */
  next(bytesMax: number, messagesMax: number): Batch | undefined {
    for (const [number, seen] of this.#segments) {
      if (seen.next.index >= seen.durable) continue;
      const batch = this.#read(number, seen, seen.next, bytesMax, messagesMax)?.batch;
      if (batch !== undefined) return batch;
      // It was there and can't be read any more.
      this.#lose(number, seen);
    }
    return undefined;
  }

  /** As `next`, of what lies behind a position, which may be one that was never sent. */
  after({ segment, index }: Position, bytesMax: number, messagesMax: number): Batch | undefined {
    for (const [number, seen] of this.#segments) {
      if (number < segment) continue;
      const from = number === segment ? this.#behind(number, seen, index) : seen.next;
      const read = this.#read(number, seen, from, bytesMax, messagesMax);
      if (read === undefined) continue;
      seen.carried = read.end;
      return read.batch;
    }
    return undefined;
  }

  /** Of a segment that is there. */
  streamOf(segment: number): Uint8Array | undefined {
    return this.#segments.get(segment)?.header.stream;
  }

  /** Where the first record lies that the shore does not have and that is behind `index`. */
  #behind(number: number, { next, carried }: Seen, index: number): Seen['next'] {
    const isOnTheWay = carried.index > next.index && carried.index <= index + 1;
    const from = { ...(isOnTheWay ? carried : next) };
    if (from.index > index) return from;
    readRecords(this.#disk, segmentPath(this.#directory, number), from.offset, (_record, end) => {
      from.index += 1;
      from.offset = end;
      return from.index <= index;
    });
    return from;
  }

  #read(
    number: number,
    { header, durable }: Seen,
    from: Seen['next'],
    bytesMax: number,
    messagesMax: number,
  ): { readonly batch: Batch; readonly end: Seen['next'] } | undefined {
    const messages: { at: number; message: Uint8Array }[] = [];
    let bytes = 0;
    let { offset } = from;
    const roomFor = Math.min(messagesMax, durable - from.index);
    if (roomFor <= 0) return undefined;
    readRecords(this.#disk, segmentPath(this.#directory, number), from.offset, ({ at, message }, end) => {
      if (messages.length > 0 && bytes + message.length > bytesMax) return false;
      messages.push({ at, message: message.slice() });
      bytes += message.length;
      offset = end;
      return messages.length < roomFor;
    });
    if (messages.length === 0) return undefined;
    const first = { segment: number, index: from.index };
    const end = { index: from.index + messages.length, offset };
    return { batch: { stream: header.stream, first, messages }, end };
  }

  /** The shore has everything up to there, durably. What it was never sent it can't have. */
  taken(stream: Uint8Array, position: Position): void {
    const seen = this.#segments.get(position.segment);
    if (seen === undefined || !Buffer.from(stream).equals(seen.header.stream)) return;
    if (position.index >= seen.durable || this.#isTaken(position)) return;
    this.#settle(position);
    this.#note();
  }

  #settle(position: Position): void {
    this.#taken = position;
    this.#isNoteBehind = true;
    for (const [number, seen] of this.#segments) if (number <= position.segment) this.#advance(number, seen);
  }

  #advance(number: number, seen: Seen): void {
    if (this.#isTaken({ segment: number, index: seen.records - 1 })) {
      seen.next = { index: seen.records, offset: seen.end };
      seen.bytes = 0;
      return;
    }
    readRecords(this.#disk, segmentPath(this.#directory, number), seen.next.offset, ({ message }, end) => {
      const { index } = seen.next;
      if (!this.#isTaken({ segment: number, index })) return false;
      seen.next = { index: index + 1, offset: end };
      seen.bytes -= message.length;
      return true;
    });
  }

  /** Durable only where it counts what is dropped: what a power cut takes of the rest is sent again under the same numbers. */
  #note(): void {
    if (!this.#isNoteBehind || this.#taken === undefined) return;
    const write = this.#expired > this.#notedExpired ? writeNoteDurably : writeNote;
    write(this.#disk, takenPath(this.#directory), [this.#taken.segment, this.#taken.index, this.#expired]);
    if (this.#expired > this.#notedExpired) this.#disk.syncDirectory(this.#directory);
    this.#notedExpired = this.#expired;
    this.#isNoteBehind = false;
  }

  /** Whether the shore does not have all of it, as it was looked at last. */
  get isWaiting(): boolean {
    return [...this.#segments.values()].some(({ records, next }) => next.index < records);
  }

  counts(): BacklogCounts {
    const waiting = [...this.#segments.values()].filter(({ records, next }) => next.index < records);
    const oldest = waiting[0]?.oldest;
    const dropped = readNote(this.#disk, droppedPath(this.#directory), 1)?.[0] ?? 0;
    const inHeaders = Math.max(0, ...[...this.#segments.values()].map(({ header }) => header.dropped));
    return {
      messages: waiting.reduce((sum, { records, next }) => sum + records - next.index, 0),
      bytes: waiting.reduce((sum, { bytes }) => sum + bytes, 0),
      oldestAgeMs: oldest === undefined ? undefined : ageOf(oldest, this.#clock),
      dropped: this.#expired + Math.max(dropped, inHeaders),
    };
  }
}
