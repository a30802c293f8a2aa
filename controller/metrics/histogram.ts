import type { Distribution } from './family.ts';

/** Counts what is measured by ranges, from its making on. */
export class Histogram implements Distribution {
  readonly bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /** Bounds in ascending order. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = new Array(bounds.length + 1).fill(0);
  }

  get counts(): readonly number[] {
    return this.#counts;
  }

  get sum(): number {
    return this.#sum;
  }

  observe(value: number): void {
    const at = this.bounds.findIndex((bound) => value <= bound);
    this.#counts[at === -1 ? this.bounds.length : at]! += 1;
    this.#sum += value;
  }
}
