import type { Clock } from '../../../platform/ports.ts';

/** A flood is told of this often. */
const gatherMs = 1_000;

/** Counts what was dropped, by whose it was, and tells it a while later: each drop by itself would be as many messages as there were requests. */
export class DropCount {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #tell: (counts: Readonly<Record<string, number>>) => void;
  #counts = new Map<string, number>();

  constructor(clock: Pick<Clock, 'after'>, tell: (counts: Readonly<Record<string, number>>) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  add(whose: string, count = 1): void {
    if (this.#counts.size === 0) this.#clock.after(gatherMs, () => this.#told());
    this.#counts.set(whose, (this.#counts.get(whose) ?? 0) + count);
  }

  #told(): void {
    const counts = Object.fromEntries(this.#counts);
    this.#counts = new Map();
    this.#tell(counts);
  }
}
