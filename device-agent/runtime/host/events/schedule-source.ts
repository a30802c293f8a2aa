import type { Clock } from '../../../../platform/ports.ts';
import type { NextTime } from '../../../cron-times.ts';
import { inputOf } from '../../primitives/streams.ts';
import type { EventSource, HostEvent } from './event-source.ts';

/** The wall clock may be set meanwhile, so it is looked at again at least this often. */
const lookMsMax = 60_000;
/** A time that passed longer ago than this passed while the device was off, or its clock was set: it is not made up for. */
const lateMsMax = 2 * lookMsMax;

const encoder = new TextEncoder();

/**
 * An event at each time of a schedule; its input is a line with the time. None comes twice: not when the clock is set back by
 * a moment either.
 */
export class ScheduleSource implements EventSource {
  readonly #clock: Clock;
  readonly #next: NextTime;
  readonly #queueMax: number;
  readonly #onEvent: () => void;
  readonly #waiting: number[] = [];
  #dropped = 0;
  #dueMs: number | undefined;
  /** By the clock that nobody sets. */
  #lookedAtMs: number;
  #timer: Disposable | undefined;

  constructor(clock: Clock, next: NextTime, queueMax: number, onEvent: () => void) {
    this.#clock = clock;
    this.#next = next;
    this.#queueMax = queueMax;
    this.#onEvent = onEvent;
    this.#dueMs = next(clock.now());
    this.#lookedAtMs = clock.monotonic();
    this.#arrange();
  }

  take(): HostEvent | undefined {
    const dueMs = this.#waiting.shift();
    if (dueMs === undefined) return undefined;
    return { stdin: inputOf(encoder.encode(`${new Date(dueMs).toISOString()}\n`)) };
  }

  counts() {
    return { waiting: this.#waiting.length, dropped: this.#dropped };
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#dropped += this.#waiting.splice(0).length;
  }

  /** Where there is no time any more, the clock may be beyond all years: somebody may set it. */
  #arrange(): void {
    const leftMs = Math.max(0, (this.#dueMs ?? Number.POSITIVE_INFINITY) - this.#clock.now());
    this.#timer = this.#clock.after(Math.min(leftMs, lookMsMax), () => this.#look());
  }

  #look(): void {
    const nowMs = this.#clock.now();
    const passedMs = Math.min(this.#passedMs(), lateMsMax);
    const dueMs = this.#dueMs ?? Number.POSITIVE_INFINITY;
    if (nowMs >= dueMs) {
      if (nowMs - dueMs <= lateMsMax) this.#add(dueMs);
      this.#dueMs = this.#addUntil(nowMs, Math.max(dueMs, nowMs - passedMs));
    } else {
      // Set back, the clock comes by earlier times once more; by a moment, only by the one that was just had.
      const next = this.#next(nowMs);
      if (next !== undefined && dueMs - next > lateMsMax) this.#dueMs = next;
    }
    this.#arrange();
  }

  /** Since it looked last. */
  #passedMs(): number {
    const beforeMs = this.#lookedAtMs;
    this.#lookedAtMs = this.#clock.monotonic();
    return this.#lookedAtMs - beforeMs;
  }

  /** Times that passed while something kept the thread are as those that find no instance free; gives the first that is to come. */
  #addUntil(nowMs: number, afterMs: number): number | undefined {
    let dueMs = this.#next(afterMs);
    for (; dueMs !== undefined && dueMs <= nowMs; dueMs = this.#next(dueMs)) this.#add(dueMs);
    return dueMs;
  }

  #add(dueMs: number): void {
    if (this.#waiting.length >= Math.max(1, this.#queueMax)) this.#dropped += 1;
    else this.#waiting.push(dueMs);
    this.#onEvent();
  }
}
