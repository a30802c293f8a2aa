import type { Clock } from '../../platform/ports.ts';
import type { Change } from './pace.ts';

/** Reports because of one kind of change: so many at once, and one more each time this is over. */
interface Terms {
  readonly atOnce: number;
  readonly everyMs: number;
}

/** A device that flaps says so in 156 reports a day for what it waits for, and 312 for its applications. */
const termsOf: Partial<Readonly<Record<Change, Terms>>> = {
  moment: { atOnce: 12, everyMs: 10 * 60_000 },
  applications: { atOnce: 24, everyMs: 5 * 60_000 },
};

/** Holds back reports of what changes without end; what they tell then is how it is when they travel. */
export class ReportBudget {
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** When all that was spent is there again, on the monotonic clock. */
  readonly #fullMs = new Map<Change, number>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** From when on a report of such a change may travel. */
  fromMs(change: Change): number {
    const terms = termsOf[change];
    if (terms === undefined) return Number.NEGATIVE_INFINITY;
    return (this.#fullMs.get(change) ?? Number.NEGATIVE_INFINITY) - (terms.atOnce - 1) * terms.everyMs;
  }

  /** One travels. */
  spend(change: Change): void {
    const terms = termsOf[change];
    if (terms === undefined) return;
    const fullMs = Math.max(this.#clock.monotonic(), this.#fullMs.get(change) ?? Number.NEGATIVE_INFINITY);
    this.#fullMs.set(change, fullMs + terms.everyMs);
  }
}
