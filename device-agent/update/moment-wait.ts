import type { Clock, Log } from '../../platform/ports.ts';
import type { Waiting } from '../../schemas/generated/types.ts';
import { failureOf } from '../courier/failure-of.ts';
import { type Gate, type Look, type Purpose, waiting } from '../interlocks/gate.ts';
import { type Gated, isGated } from '../interlocks/gates.ts';

/** A clock may be set meanwhile, so it is looked again at least this often; not more often than the other. */
const lookMs = { most: 60_000, least: 1_000 } as const;

/** What waits for a moment. */
export interface Waiter {
  readonly to: Purpose;
  /** What says when it may go on. */
  readonly gated: Gated;
  /** Whether it is still to be done. */
  readonly isWanted: () => boolean;
  /** Nothing is in its way. */
  readonly open: () => void;
  /** Only a link is in its way: what needs none may be done meanwhile. */
  readonly beside?: () => void;
  /** Something came in the way of either before the work was done; they follow when that is gone. */
  readonly close?: () => void;
}

/** What it was told last. */
type Told = 'open' | 'beside' | 'closed';

/** The first gate that is closed, else that all are open, and for how long that can't change. */
function lookThrough(gates: readonly Gate[]): Look {
  let forMs = Number.POSITIVE_INFINITY;
  for (const gate of gates) {
    const look = gate.look();
    if (look.kind === 'closed') return look;
    forMs = Math.min(forMs, look.forMs);
  }
  return { kind: 'open', forMs };
}

/**
 * Has the one thing that the device is on its way to wait until all gates are open. It remembers nothing across a restart: whoever
 * boots starts it anew, and looks.
 */
export class MomentWait {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #gatesOf: (to: Purpose, gated: Gated) => Promise<readonly Gate[]>;
  readonly #onChange: () => void;
  #waiter: Waiter | undefined;
  #gates: readonly Gate[] | undefined;
  #waiting: Waiting | undefined;
  #told: Told = 'closed';
  #timer: Disposable | undefined;

  /** `onChange` is called when `waiting` is another. */
  constructor(options: {
    readonly clock: Clock;
    readonly log: Log;
    readonly gatesOf: (to: Purpose, gated: Gated) => Promise<readonly Gate[]>;
    readonly onChange: () => void;
  }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#gatesOf = options.gatesOf;
    this.#onChange = options.onChange;
  }

  /** What is waited for now; undefined while nothing is. */
  waiting(): Waiting | undefined {
    return this.#waiter?.isWanted() === true ? this.#waiting : undefined;
  }

  /** Waits for this instead of anything else. */
  start(waiter: Waiter): void {
    this.stop();
    const { to, gated } = waiter;
    if (!isGated(to, gated)) return waiter.open();
    this.#waiter = waiter;
    void this.#gatesOf(to, gated).then((gates) => this.#lookIn(0, waiter, gates));
  }

  /** Something that gates look at changed. */
  lookNow(): void {
    if (this.#waiter === undefined || this.#gates === undefined) return;
    this.#timer?.[Symbol.dispose]();
    this.#look(this.#waiter, this.#gates);
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#waiter = undefined;
    this.#gates = undefined;
    this.#waiting = undefined;
    this.#told = 'closed';
  }

  #lookIn(delayMs: number, waiter: Waiter, gates: readonly Gate[]): void {
    if (this.#waiter !== waiter) return;
    this.#gates = gates;
    this.#timer = this.#clock.after(delayMs, () => this.#look(waiter, gates));
  }

  #look(waiter: Waiter, gates: readonly Gate[]): void {
    if (this.#waiter !== waiter) return;
    if (!waiter.isWanted()) return this.stop();
    const look = lookThrough(gates);
    this.#lookIn(Math.max(lookMs.least, Math.min(lookMs.most, look.forMs)), waiter, gates);
    if (look.kind === 'open') this.#opened(waiter);
    else this.#closed(waiter, look.waiting, look.isOfLink === true);
  }

  #opened(waiter: Waiter): void {
    if (this.#told === 'open') return;
    this.#waiting = undefined;
    this.#onChange();
    try {
      this.#tell(waiter, 'open');
    } catch (error) {
      // It is tried again at the next look.
      const { code, message } = failureOf(error).problem;
      this.#closed(waiter, waiting(waiter.to, code, `can't ${waiter.to} now: ${message}`), false);
    }
  }

  #closed(waiter: Waiter, next: Waiting, isOfLink: boolean): void {
    try {
      this.#tell(waiter, isOfLink && waiter.beside !== undefined ? 'beside' : 'closed');
    } catch (error) {
      // What can be done without a link is tried again at the next look.
      this.#log.write('debug', 'moment.beside-failed', { error });
      this.#tell(waiter, 'closed');
    }
    const before = this.#waiting;
    this.#waiting = next;
    if (JSON.stringify(before) === JSON.stringify(next)) return;
    if (before?.message !== next.message)
      this.#log.write('info', 'moment.waits', { to: next.to, code: next.code, reason: next.message });
    this.#onChange();
  }

  #tell(waiter: Waiter, next: Told): void {
    const before = this.#told;
    if (before === next) return;
    this.#told = next;
    if (before !== 'closed') waiter.close?.();
    if (next === 'open') waiter.open();
    if (next === 'beside') waiter.beside?.();
  }
}
