import { DeltaError } from './error.ts';

/**
 * What decoding may still cost, counted while it goes on and the same on every machine. A unit is some 30 ns of a core
 * such as the benchmark's: one input of one prediction with all that belongs to it, or a byte of old code cut up.
 */
export class WorkBudget {
  readonly #units: number;
  readonly #shared: WorkBudget | undefined;
  #left: number;

  /** What is spent is taken from the shared budget too, if there is one. */
  constructor(units: number, shared?: WorkBudget) {
    this.#units = units;
    this.#left = units;
    this.#shared = shared;
  }

  /** Units that were taken so far. */
  get spent(): number {
    return this.#units - this.#left;
  }

  /** Takes units for what is about to be done; throws when there are too few. */
  spend(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw new DeltaError('over-limit', 'the patch takes more work than its lengths justify');
    this.#shared?.spend(units);
  }
}

/** Work without a bound: for the encoder, which trusts what it codes. */
export const unboundedWork = (): WorkBudget => new WorkBudget(Number.MAX_SAFE_INTEGER);
