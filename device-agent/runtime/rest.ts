import type { Clock, Random } from '../../platform/ports.ts';
import type { DeployedApplication } from '../../schemas/generated/types.ts';
import { afterRun } from './restart.ts';

/** Applications that ended their process, until they may start again. */
export class Rest {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #timers = new Map<string, Disposable>();
  readonly #attempts = new Map<string, number>();
  readonly #beganMs = new Map<string, number>();

  constructor({ clock, random }: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = clock;
    this.#random = random;
  }

  /** It runs from now on. */
  began(name: string): void {
    if (!this.#beganMs.has(name)) this.#beganMs.set(name, this.#clock.monotonic());
  }

  /** Whether it waits. */
  has(name: string): boolean {
    return this.#timers.has(name);
  }

  /** What becomes of an application that ended its process; `again` is called when it may start. */
  after(
    name: string,
    policy: DeployedApplication['restart'],
    message: string,
    again: () => void,
  ): 'backoff' | 'failed' | 'completed' {
    const nowMs = this.#clock.monotonic();
    const run = {
      end: { kind: 'trapped', message, stack: [] } as const,
      ranMs: nowMs - (this.#beganMs.get(name) ?? nowMs),
      attempt: this.#attempts.get(name) ?? 0,
    };
    this.#beganMs.delete(name);
    const next = afterRun(policy, run, this.#random.fraction());
    if (next.kind !== 'restart') return next.kind;
    this.#attempts.set(name, next.attempt);
    this.#timers.set(
      name,
      this.#clock.after(next.delayMs, () => {
        this.#timers.delete(name);
        again();
      }),
    );
    return 'backoff';
  }

  /** It is gone or another now. */
  forget(name: string): void {
    this.#timers.get(name)?.[Symbol.dispose]();
    this.#timers.delete(name);
    this.#attempts.delete(name);
    this.#beganMs.delete(name);
  }

  /** None starts any more. */
  clear(): void {
    for (const timer of this.#timers.values()) timer[Symbol.dispose]();
    this.#timers.clear();
  }
}
