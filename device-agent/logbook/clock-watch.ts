import type { Clock } from '../../platform/ports.ts';
import { jumpMs } from './limits.ts';
import { minuteWords } from './span-words.ts';

/** Sees clocks that jump: the wall clock is held against the monotonic one, which nobody sets. */
export class ClockWatch {
  readonly #clock: Clock;
  readonly #note: (code: string, message: string) => void;
  /** What the wall clock is ahead of the monotonic one. */
  #aheadMs: number;

  constructor(clock: Clock, note: (code: string, message: string) => void) {
    this.#clock = clock;
    this.#note = note;
    this.#aheadMs = clock.now() - clock.monotonic();
  }

  /** The agent was alive then, before it was started again: no clock is right that says it is earlier now. */
  since(aliveMs: number): void {
    const nowMs = this.#clock.now();
    if (nowMs < aliveMs - jumpMs) this.#tell(nowMs, aliveMs, 'when it was last looked at');
  }

  /** Looks whether it jumped since it was looked at last. */
  look(): void {
    const nowMs = this.#clock.now();
    const aheadMs = nowMs - this.#clock.monotonic();
    const dueMs = nowMs - (aheadMs - this.#aheadMs);
    this.#aheadMs = aheadMs;
    if (Math.abs(nowMs - dueMs) > jumpMs) this.#tell(nowMs, dueMs, 'by the time that passed');
  }

  #tell(nowMs: number, dueMs: number, how: string): void {
    this.#note('CLOCK_JUMPED', `its clock says ${minuteWords(nowMs)}, and ${minuteWords(dueMs)} ${how}`);
  }
}
