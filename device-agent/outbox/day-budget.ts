import type { Clock, Disk } from '../../platform/ports.ts';
import { readNote, writeNote } from './files/note.ts';

const dayMs = 24 * 3_600_000;
/** The note is written once this many bytes came together, or a new day begins. */
const noteEveryBytes = 16 * 1024;

/** What the outbox may send in a day. A day begins with the first byte that is sent in it. */
export class DayBudget {
  readonly #path: string;
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #bytesMax: number;
  #startedMs: number;
  /** When it began, or this life did, on the monotonic clock. */
  #sinceMs: number;
  #sentBytes: number;
  #notedBytes: number;

  constructor(path: string, disk: Disk, clock: Clock, bytesMax = Number.POSITIVE_INFINITY) {
    this.#path = path;
    this.#disk = disk;
    this.#clock = clock;
    this.#bytesMax = bytesMax;
    const [startedMs = 0, sentBytes = 0] = readNote(disk, path, 2) ?? [];
    this.#startedMs = startedMs;
    this.#sentBytes = sentBytes;
    this.#notedBytes = sentBytes;
    this.#sinceMs = clock.monotonic();
  }

  get sentBytes(): number {
    this.#turn();
    return this.#sentBytes;
  }

  /** What may still be sent now. */
  get left(): number {
    return this.#bytesMax - this.sentBytes;
  }

  /** So many bytes are about to be sent. */
  spend(bytes: number): void {
    this.#turn();
    const isFirst = this.#sentBytes === 0;
    this.#sentBytes += bytes;
    if (isFirst) [this.#startedMs, this.#sinceMs] = [this.#clock.now(), this.#clock.monotonic()];
    if (isFirst || this.#sentBytes - this.#notedBytes >= noteEveryBytes) this.note();
  }

  /** Writes down what was spent. */
  note(): void {
    if (this.#notedBytes === this.#sentBytes || this.#bytesMax === Number.POSITIVE_INFINITY) return;
    writeNote(this.#disk, this.#path, [Math.max(0, Math.trunc(this.#startedMs)), this.#sentBytes]);
    this.#notedBytes = this.#sentBytes;
  }

  /** A clock that is set back makes no day longer than one of this life. */
  #turn(): void {
    const isOver = this.#clock.now() - this.#startedMs >= dayMs || this.#clock.monotonic() - this.#sinceMs >= dayMs;
    if (!isOver) return;
    this.#sentBytes = 0;
    this.#sinceMs = this.#clock.monotonic();
  }
}
