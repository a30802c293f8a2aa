import { type Clock, type Disk, DiskError } from '../../platform/ports.ts';
import { appendToLog } from './log-file.ts';
import { failureOf, type RunEnd } from './run-end.ts';

/** What may be written at once, and for how long on: a chatty application must not wear out the flash. */
const burstBytes = 131_072;
const bytesPerSecond = 256;
/** Lines gather for this long at least. */
const gatherMs = 1_000;
/** Each write costs the flash a block, however short: so many may follow each other, and one more is earned in this time. */
const burstWrites = 60;
const writeEarnedMs = 900_000;
/** So many bytes are worth a write at any time: compressed, they fill a block. */
const worthWritingBytes = 16_384;
/** What waits to be written is in memory. */
const pendingBytesMax = 65_536;
/** Lines of our own find so much room where the application used up its own; then they are dropped too. */
const notesBytesMax = 8_192;

const encoder = new TextEncoder();
const newline = 10;
const nothing = new Uint8Array(0);

/** What may be spent of something that comes back with time. */
class Allowance {
  readonly #burst: number;
  readonly #perMs: number;
  #left: number;
  #at: number;

  constructor(burst: number, perMs: number, nowMs: number) {
    this.#burst = burst;
    this.#perMs = perMs;
    this.#left = burst;
    this.#at = nowMs;
  }

  left(nowMs: number): number {
    this.#left = Math.min(this.#burst, this.#left + (nowMs - this.#at) * this.#perMs);
    this.#at = nowMs;
    return this.#left;
  }

  take(amount: number): void {
    this.#left -= amount;
  }

  /** Milliseconds until there is this much. */
  msUntil(amount: number): number {
    return Math.max(0, Math.ceil((amount - this.#left) / this.#perMs));
  }
}

/** Carries what an application prints to its log files: gathered by time and size, within a budget of bytes and of writes. */
export class ApplicationLog {
  readonly #clock: Clock;
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #name: string;
  readonly #bytes: Allowance;
  readonly #writes: Allowance;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #dropped = 0;
  /** Lines that the disk did not take, since it took some. */
  #untaken = 0;
  #timer: Disposable | undefined;
  /** Whether the write that is due comes for what has gathered, not for the time that went by. */
  #isFull = false;

  constructor(ports: { readonly clock: Clock; readonly disk: Disk }, directory: string, name: string) {
    this.#clock = ports.clock;
    this.#disk = ports.disk;
    this.#directory = directory;
    this.#name = name;
    const nowMs = this.#clock.monotonic();
    this.#bytes = new Allowance(burstBytes, bytesPerSecond / 1000, nowMs);
    this.#writes = new Allowance(burstWrites, 1 / writeEarnedMs, nowMs);
  }

  /** Takes a line of the application; what is more than the log takes is dropped and counted. */
  line(stream: 'out' | 'err', text: string): void {
    const nowMs = this.#clock.monotonic();
    const length = text.length + 30;
    if (this.#pendingBytes + length > Math.min(pendingBytesMax, this.#bytes.left(nowMs))) {
      this.#dropped += 1;
    } else {
      this.#hold(encoder.encode(`${this.#stamp()} ${stream} ${text}\n`));
    }
    this.#arrange(nowMs);
  }

  /** A line of our own about the application: it is worth a write at once, if there is one to spare. */
  note(text: string): void {
    this.#note([text]);
  }

  /** How a run ended, with the functions that a trap was in. */
  end(end: RunEnd): void {
    const frames = end.kind === 'trapped' ? end.stack.map((frame) => `  in ${frame}`) : [];
    this.#note([failureOf(end) ?? 'it exited with code 0', ...frames]);
  }

  /** The last line of this log's life: all there is is written. */
  close(text: string): void {
    this.#hold(this.#noted(text));
    this.flush();
  }

  /** An application that fails all the time must not wear out the flash either. */
  #note(texts: readonly string[]): void {
    const nowMs = this.#clock.monotonic();
    const lines = Buffer.concat(texts.map((text) => this.#noted(text)));
    const room = Math.min(pendingBytesMax, this.#bytes.left(nowMs)) + notesBytesMax;
    if (this.#pendingBytes + lines.length > room) this.#dropped += texts.length;
    else this.#hold(lines);
    if (this.#writes.left(nowMs) >= 1) this.flush();
    else this.#arrange(nowMs);
  }

  /** Writes what there is now. */
  flush(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    if (this.#pendingBytes === 0 && this.#dropped === 0) return;
    const lines = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#write(Buffer.concat([this.#untakenNote(), lines, this.#droppedNote()]), lines);
  }

  #write(bytes: Uint8Array, lines: Uint8Array): void {
    this.#bytes.take(bytes.length);
    // What is worth a write at any time is no reason why a line must wait later on.
    if (bytes.length < worthWritingBytes) this.#writes.take(1);
    if (this.#append(bytes)) {
      this.#dropped = 0;
      this.#untaken = 0;
    } else this.#untaken += lines.filter((byte) => byte === newline).length;
  }

  #untakenNote(): Uint8Array {
    return this.#untaken === 0 ? nothing : this.#noted(`${this.#untaken} lines are lost: the disk did not take them`);
  }

  #droppedNote(): Uint8Array {
    if (this.#dropped === 0) return nothing;
    return this.#noted(`${this.#dropped} lines were dropped: it printed more than its log takes`);
  }

  #noted(text: string): Uint8Array {
    return encoder.encode(`${this.#stamp()} fleet ${text}\n`);
  }

  #hold(bytes: Uint8Array): void {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
  }

  /** The next write comes when enough has gathered, or when there is one to spare. */
  #arrange(nowMs: number): void {
    const isFull = this.#pendingBytes >= worthWritingBytes;
    if (this.#timer !== undefined && isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.#timer?.[Symbol.dispose]();
    this.#writes.left(nowMs);
    const delayMs = isFull ? gatherMs : Math.max(gatherMs, this.#writes.msUntil(1));
    this.#timer = this.#clock.after(delayMs, () => this.flush());
  }

  #stamp(): string {
    return new Date(this.#clock.now()).toISOString();
  }

  /** A full or broken disk costs log lines, never the application; says whether it took them. */
  #append(bytes: Uint8Array): boolean {
    try {
      appendToLog(this.#disk, this.#directory, this.#name, bytes);
      return true;
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      return false;
    }
  }
}
