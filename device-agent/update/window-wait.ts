import type { Clock, Log } from '../../platform/ports.ts';
import type { Waiting, Window } from '../../schemas/generated/types.ts';
import { type Opening, openingOf, type TimedWindow } from '../interlocks/opening.ts';
import { type Purpose, waitsForClock, waitsForReading, waitsForWindow } from '../interlocks/window-words.ts';

/** A clock may be set meanwhile, so it is looked at again at least this often. */
const lookMsMax = 60_000;

/** So far a clock may be behind what others signed by theirs. */
const clockBehindMsMax = 5 * 60_000;

/** What waits for windows. */
export interface Waiter {
  readonly to: Purpose;
  /** Without them it may go on at any time. */
  readonly windows: readonly Window[] | undefined;
  /** Whether it is still to be done. */
  readonly isWanted: () => boolean;
  /** A window is open. */
  readonly open: () => void;
  /** It closed before the work was done; `open` follows in the next one. */
  readonly close?: () => void;
}

/** Loaded where a deployment has windows, which most have not. */
async function timed(windows: readonly Window[]): Promise<readonly TimedWindow[]> {
  const { cronTimes } = await import('../cron-times.ts');
  return windows.map((window) => ({ window, next: cronTimes(window.cron, window.timeZone) }));
}

/**
 * Has the one thing that the device is on its way to wait for its windows. It remembers nothing across a restart: whoever
 * boots starts it anew, and the clock says whether a window is open.
 */
export class WindowWait {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #nowMs: () => number;
  readonly #onChange: () => void;
  #waiter: Waiter | undefined;
  #waiting: Waiting | undefined;
  #isOpen = false;
  #timer: Disposable | undefined;

  /** `nowMs` is the agent's time, which never runs behind what was signed; `onChange` is called when `waiting` is another. */
  constructor(options: {
    readonly clock: Clock;
    readonly log: Log;
    readonly nowMs: () => number;
    readonly onChange: () => void;
  }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#nowMs = options.nowMs;
    this.#onChange = options.onChange;
  }

  /** What is waited for now; undefined while nothing is. */
  waiting(): Waiting | undefined {
    return this.#waiter?.isWanted() === true ? this.#waiting : undefined;
  }

  /** Waits for this instead of anything else. */
  start(waiter: Waiter): void {
    this.stop();
    const { windows } = waiter;
    if (windows === undefined) return waiter.open();
    this.#waiter = waiter;
    void timed(windows).then(
      (times) => this.#look(waiter, times),
      (error: unknown) => this.#unreadable(waiter, error),
    );
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#waiter = undefined;
    this.#waiting = undefined;
    this.#isOpen = false;
  }

  #look(waiter: Waiter, times: readonly TimedWindow[]): void {
    if (this.#waiter !== waiter) return;
    if (!waiter.isWanted()) return this.stop();
    try {
      const [clockMs, nowMs] = [this.#clock.now(), this.#nowMs()];
      if (nowMs - clockMs > clockBehindMsMax) {
        this.#closed(waiter, waitsForClock(waiter.to, clockMs, nowMs));
        return this.#lookAgain(waiter, times, lookMsMax);
      }
      this.#act(waiter, times, openingOf(times, nowMs), nowMs);
    } catch (error) {
      this.#unreadable(waiter, error);
    }
  }

  #act(waiter: Waiter, times: readonly TimedWindow[], opening: Opening, nowMs: number): void {
    switch (opening.kind) {
      case 'open':
        this.#lookAgain(waiter, times, opening.untilMs - nowMs);
        return this.#opened(waiter);
      case 'closed':
        this.#closed(waiter, waitsForWindow(waiter.to, opening));
        return this.#lookAgain(waiter, times, opening.opensAtMs - nowMs);
      case 'never':
        return this.#closed(waiter, waitsForWindow(waiter.to, opening));
      default:
        return opening satisfies never;
    }
  }

  #lookAgain(waiter: Waiter, times: readonly TimedWindow[], delayMs: number): void {
    this.#timer = this.#clock.after(Math.min(lookMsMax, delayMs), () => this.#look(waiter, times));
  }

  #opened(waiter: Waiter): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#waiting = undefined;
    this.#onChange();
    waiter.open();
  }

  #closed(waiter: Waiter, waiting: Waiting): void {
    if (this.#isOpen) waiter.close?.();
    this.#isOpen = false;
    if (this.#waiting?.message === waiting.message) return;
    this.#waiting = waiting;
    this.#log.write('info', 'window.closed', { to: waiting.to, code: waiting.code, reason: waiting.message });
    this.#onChange();
  }

  #unreadable(waiter: Waiter, error: unknown): void {
    if (this.#waiter === waiter) this.#closed(waiter, waitsForReading(waiter.to, error));
  }
}
