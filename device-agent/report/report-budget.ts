import { Allowance, type AllowanceTerms } from '../../platform/allowance.ts';
import type { Clock } from '../../platform/ports.ts';
import type { Change } from './pace.ts';

/**
 * Reports because of one kind of change. A device that flaps says so in 156 reports a day for what it waits for, and 312 for its
 * applications.
 */
const termsOf: Partial<Readonly<Record<Change, AllowanceTerms>>> = {
  moment: { atOnce: 12, everyMs: 10 * 60_000 },
  applications: { atOnce: 24, everyMs: 5 * 60_000 },
};

/** Holds back reports of what changes without end; what they tell then is how it is when they travel. */
export class ReportBudget {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #allowances = new Map<Change, Allowance>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  #of(change: Change): Allowance | undefined {
    const terms = termsOf[change];
    if (terms === undefined) return undefined;
    const allowance = this.#allowances.get(change) ?? new Allowance(this.#clock, terms);
    this.#allowances.set(change, allowance);
    return allowance;
  }

  /** From when on a report of such a change may travel. */
  fromMs(change: Change): number {
    return this.#of(change)?.fromMs() ?? Number.NEGATIVE_INFINITY;
  }

  /** One travels. */
  spend(change: Change): void {
    this.#of(change)?.spend();
  }
}
