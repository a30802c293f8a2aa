/** Looks at what is so, and tells each receiver what it was not told; what one does not take is tried again, later and later. */
import type { Clock, Log } from '../../platform/ports.ts';
import type { KeptTexts } from '../state/kept-texts.ts';
import type { Condition } from './condition.ts';
import { type Notice, nextNotice, type Told, withoutGone } from './decide-notices.ts';

/** How often it looks, and how long it leaves a receiver alone at most. */
const lookMs = 30_000;
const pauseMsMax = 15 * 60_000;

export interface TellerParts {
  readonly clock: Clock;
  readonly log: Log;
  /** What was told, by receiver. */
  readonly kept: KeptTexts;
  readonly name: string;
  /** Rejects unless the receiver has it. */
  readonly send: (notice: Notice) => Promise<void>;
  readonly conditions: () => readonly Condition[];
}

/** What was told, as it was kept; where it can't be read it is told once more, under numbers that were never used. */
function parseTold(text: string | undefined, now: number): Told {
  const nothing = { sent: now, of: {} };
  try {
    const value = JSON.parse(text ?? '') as Told;
    return Number.isSafeInteger(value.sent) && typeof value.of === 'object' && value.of !== null ? value : nothing;
  } catch {
    return nothing;
  }
}

/** Tells one receiver until it is disposed. */
export class Teller implements Disposable {
  readonly #parts: TellerParts;
  #told: Told | undefined;
  #pauseMs = lookMs;
  #timer: Disposable | undefined;
  #isStopped = false;

  constructor(parts: TellerParts) {
    this.#parts = parts;
    this.#lookLater();
  }

  [Symbol.dispose](): void {
    this.#isStopped = true;
    this.#timer?.[Symbol.dispose]();
  }

  #lookLater(): void {
    if (this.#isStopped) return;
    this.#timer = this.#parts.clock.after(this.#pauseMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { log, name } = this.#parts;
    try {
      await this.#tellAll();
      this.#pauseMs = lookMs;
    } catch (error) {
      if (this.#pauseMs === lookMs) log.write('warn', 'notice.not-taken', { receiver: name, reason: String(error) });
      this.#pauseMs = Math.min(2 * this.#pauseMs, pauseMsMax);
    }
    this.#lookLater();
  }

  async #tellAll(): Promise<void> {
    const { kept, name, conditions, clock, send } = this.#parts;
    const before = this.#told ?? parseTold(await kept.read(name), clock.now());
    this.#told = before;
    const now = conditions();
    this.#told = withoutGone(before, now, clock.now());
    for (let next = nextNotice(this.#told, now); next !== undefined && !this.#isStopped; ) {
      await send(next.notice);
      this.#told = next.told;
      await kept.write(name, JSON.stringify(this.#told));
      next = nextNotice(this.#told, now);
    }
    if (JSON.stringify(this.#told.of) !== JSON.stringify(before.of)) await kept.write(name, JSON.stringify(this.#told));
  }
}
