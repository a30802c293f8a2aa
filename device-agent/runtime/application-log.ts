import { type Clock, type Disk, DiskError } from '../../platform/ports.ts';
import type { RingReader } from './output-ring.ts';

/** One application's log is at most two files of this size: the one being written and the one before. */
export const logFileBytesMax = 262_144;
/** What may be written at once, and for how long on: a chatty application must not wear out the flash. */
const burstBytes = 131_072;
const bytesPerSecond = 1_024;
const batchMs = 1_000;
const newline = 10;

/** The two files, older first. */
export function logPaths(directory: string, name: string): readonly [string, string] {
  return [`${directory}/${name}.1.log`, `${directory}/${name}.log`];
}

/** Carries what an application prints to its log files, in batches, within a budget of bytes. */
export class ApplicationLog {
  readonly #clock: Clock;
  readonly #disk: Disk;
  readonly #older: string;
  readonly #current: string;
  #budgetBytes = burstBytes;
  #budgetAt: number;
  #droppedUntold = 0;
  #timer: Disposable | undefined;

  constructor(ports: { readonly clock: Clock; readonly disk: Disk }, directory: string, name: string) {
    this.#clock = ports.clock;
    this.#disk = ports.disk;
    [this.#older, this.#current] = logPaths(directory, name);
    this.#budgetAt = this.#clock.monotonic();
  }

  /** Something is in the ring: it will be written within a batch. */
  notice(ring: RingReader): void {
    this.#timer ??= this.#clock.after(batchMs, () => {
      this.#timer = undefined;
      if (!this.#carry(ring)) this.notice(ring);
    });
  }

  /** The application has ended: writes what it left. */
  finish(ring: RingReader): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#carry(ring);
  }

  /** A line of our own about the application, such as why it ended. */
  note(text: string): void {
    this.#append(new TextEncoder().encode(`${this.#stamp()} fleet ${text}\n`));
  }

  #stamp(): string {
    return new Date(this.#clock.now()).toISOString();
  }

  /** Whether the ring is empty now. */
  #carry(ring: RingReader): boolean {
    const now = this.#clock.monotonic();
    this.#budgetBytes = Math.min(burstBytes, this.#budgetBytes + ((now - this.#budgetAt) / 1000) * bytesPerSecond);
    this.#budgetAt = now;
    const { bytes, dropped, isEmpty } = ring.drain(Math.floor(this.#budgetBytes));
    this.#budgetBytes -= bytes.length;
    this.#droppedUntold += dropped;
    if (bytes.length > 0) this.#append(bytes);
    if (this.#droppedUntold > 0 && (bytes.length === 0 || bytes.at(-1) === newline)) {
      this.note(`${this.#droppedUntold} lines were dropped: it printed more than its log takes`);
      this.#droppedUntold = 0;
    }
    return isEmpty;
  }

  /** A full or broken disk costs log lines, never the application. */
  #append(bytes: Uint8Array): void {
    try {
      const size = this.#disk.stat(this.#current)?.bytes ?? 0;
      const fits = size + bytes.length <= logFileBytesMax;
      if (!fits) this.#disk.rename(this.#current, this.#older);
      using file = this.#disk.open(this.#current, 'write');
      file.write(fits ? size : 0, bytes);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
    }
  }
}
