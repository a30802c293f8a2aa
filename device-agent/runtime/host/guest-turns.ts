import type { Clock } from '../../../platform/ports.ts';
import type { Counters } from './counters.ts';
import type { FuelMeter } from './fuel-meter.ts';
import type { GuestThread } from './guest-thread.ts';
import type { Caller } from './turn-holder.ts';
import { type Queue, sliceMs } from './turns.ts';

/** What a guest shares its thread with, and by what its turns are measured. */
export interface TurnTerms {
  readonly name: string;
  readonly thread: Pick<GuestThread, 'turns' | 'holder'>;
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  readonly meter: FuelMeter;
}

/** How one guest takes its turns: it gives way, waits for something, and is woken or interrupted. */
export class GuestTurns {
  readonly #terms: TurnTerms;
  readonly #counters: Counters;
  readonly #caller: Caller;
  #beganMs = 0;
  #beganFuel = 0;
  #lastsMs = sliceMs;
  /** Cuts short what it waits for. */
  #interrupt: (() => void) | undefined;
  #wasInterrupted = false;

  constructor(terms: TurnTerms, counters: Counters, caller: Caller) {
    this.#terms = terms;
    this.#counters = counters;
    this.#caller = caller;
  }

  /** Whether something it waited for goes on without it, and may still write to its memory. */
  get wasInterrupted(): boolean {
    return this.#wasInterrupted;
  }

  /** Resolves when it is this guest's turn. */
  take(queue: Queue): Promise<void> {
    this.#interrupt = undefined;
    return this.#next(queue);
  }

  #next(queue: Queue): Promise<void> {
    const { thread, name } = this.#terms;
    return new Promise((resolve) => {
      thread.turns.enqueue(name, queue, () => {
        this.begin();
        resolve();
      });
    });
  }

  /** Its turn begins, in which its instances may run, and is over after so long. */
  begin(lastsMs = sliceMs): void {
    this.#terms.thread.holder.claim(this.#caller);
    this.#beganMs = this.#terms.clock.monotonic();
    this.#beganFuel = this.#counters.fuel;
    this.#lastsMs = lastsMs;
  }

  /** Whether it has had its time, however little fuel it spent. */
  get isOver(): boolean {
    return this.#terms.clock.monotonic() - this.#beganMs >= this.#lastsMs;
  }

  /** It gives way at the next look at its fuel. */
  cutShort(): void {
    const had = this.#counters.fuel;
    const left = this.#terms.meter.takeBack(had);
    this.#beganFuel -= had - left;
    this.#counters.fuel = left;
  }

  /** Gives way amid a call, which can be interrupted. */
  giveWay(): Promise<void> {
    this.#terms.thread.turns.leave();
    return this.#next('preempted');
  }

  /** Its turn is over. */
  leave(): void {
    const { meter, thread, clock } = this.#terms;
    thread.turns.leave();
    if (!this.#counters.isEnded) {
      meter.ran(this.#beganFuel - this.#counters.fuel, clock.monotonic() - this.#beganMs);
    }
    thread.holder.release(this.#caller);
  }

  /** Waits so long, or until it is interrupted; its turn is over already. */
  pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#terms.clock.after(delayMs, resolve);
      this.#interrupt = () => {
        timer[Symbol.dispose]();
        resolve();
      };
    });
  }

  /** Waits for `answer`, then for its turn; interrupted, for its turn only, with an answer of 0. */
  during<T>(answer: Promise<T>): Promise<T | number> {
    this.leave();
    const { promise, resolve, reject } = Promise.withResolvers<T | number>();
    let isOver = false;
    const proceed = (settle: () => void): void => {
      if (isOver) return;
      isOver = true;
      void this.take('woken').then(settle);
    };
    this.#interrupt = () => proceed(() => resolve(0));
    answer.then(
      (value) => proceed(() => resolve(value)),
      (error) => proceed(() => reject(error)),
    );
    return promise;
  }

  /** Waits no longer for what it waits for. */
  interrupt(): void {
    this.#wasInterrupted ||= this.#interrupt !== undefined;
    this.#interrupt?.();
  }
}
