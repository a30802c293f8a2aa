import type { Clock } from '../../platform/ports.ts';
import type { Flow } from '../links/observed-rate.ts';

/** Takes down when the pieces of one answer come. */
export class AnswerFlow {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #firstMs: number | undefined;
  #lastMs = 0;
  #bytes = 0;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** A piece is there. */
  took(bytes: number): void {
    this.#lastMs = this.#clock.monotonic();
    if (this.#firstMs !== undefined) this.#bytes += bytes;
    this.#firstMs ??= this.#lastMs;
  }

  /** What came so far; undefined where nothing did. */
  get flow(): Flow | undefined {
    return this.#firstMs === undefined ? undefined : { bytes: this.#bytes, ms: this.#lastMs - this.#firstMs };
  }
}
