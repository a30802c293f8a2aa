import { type Clock, type Disk, DiskError, type Log, type Random } from '../../platform/ports.ts';
import { encodeEntry } from '../../schemas/logbook-entry.ts';
import { ChannelWriter } from '../outbox/files/channel-writer.ts';
import { entriesAtOnce, entriesPerHour, maxAgeSeconds, quotaBytes } from './limits.ts';

/** What it stands on. */
export interface LogbookOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly directory: string;
  /** Which start of the agent this is. */
  readonly boot: number;
  /** The agent's own time, in milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** An entry was written, and waits to travel. */
  readonly onNoted: () => void;
}

/** How many more entries of a code may come now. */
interface Allowance {
  left: number;
  atMs: number;
  /** Those that were too many since the last that was written. */
  passedOver: number;
}

const hourMs = 3_600_000;
const terms = { quotaBytes, maxAgeSeconds, drop: 'oldest' } as const;

/**
 * What happened to the device, in order, for whoever could not see it: a channel of the outbox. What is noted outlives the agent at
 * once, and a power cut within seconds.
 */
export class Logbook {
  readonly #options: LogbookOptions;
  readonly #startedMs: number;
  readonly #allowances = new Map<string, Allowance>();
  #writer: ChannelWriter | undefined;

  constructor(options: LogbookOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonic();
  }

  /** Notes what happened; `atMs`, where that was not now, by the agent's own time. A disk that does not take it loses it. */
  note(code: string, message: string, atMs: number = this.#options.nowMs()): void {
    const passedOver = this.#admit(code);
    if (passedOver === undefined) return;
    const { clock, boot, log, onNoted } = this.#options;
    const more = passedOver === 0 ? '' : `; ${passedOver} more like it were not written down`;
    const upSeconds = Math.round((clock.monotonic() - this.#startedMs) / 1000);
    const entry = encodeEntry({ boot, upSeconds, code, message: `${message}${more}` });
    try {
      this.#open().put(entry, Math.max(0, atMs));
    } catch (error) {
      log.write(error instanceof DiskError ? 'warn' : 'error', 'logbook.not-written', { code, error });
    }
    onNoted();
  }

  /** How many like it were passed over before; undefined where this is one too many. */
  #admit(code: string): number | undefined {
    const nowMs = this.#options.clock.monotonic();
    const before = this.#allowances.get(code) ?? { left: entriesAtOnce, atMs: nowMs, passedOver: 0 };
    const left = Math.min(entriesAtOnce, before.left + ((nowMs - before.atMs) / hourMs) * entriesPerHour);
    const isTooMany = left < 1;
    const passedOver = isTooMany ? before.passedOver + 1 : 0;
    this.#allowances.set(code, { left: isTooMany ? left : left - 1, atMs: nowMs, passedOver });
    return isTooMany ? undefined : before.passedOver;
  }

  /** There is no file of it before the first entry. */
  #open(): ChannelWriter {
    if (this.#writer !== undefined) return this.#writer;
    const { directory, disk, clock, random, nowMs } = this.#options;
    const writer = new ChannelWriter(directory, terms, {
      ...{ disk, random },
      clock: { now: nowMs, monotonic: () => clock.monotonic() },
    });
    writer.goOn();
    this.#writer = writer;
    return writer;
  }
}
