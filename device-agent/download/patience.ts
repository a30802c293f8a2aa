import type { Clock } from '../../platform/ports.ts';

/** Gives up on an answer that is silent for too long, or takes too long altogether. */
export class Patience implements Disposable {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #silentMsMax: number;
  readonly #over = new AbortController();
  readonly #whole: Disposable;
  #silence: Disposable;
  /** Aborts what it is had with; also when the caller's signal does. */
  readonly signal: AbortSignal;

  constructor(clock: Pick<Clock, 'after'>, silentMsMax: number, wholeMsMax: number, signal: AbortSignal) {
    this.#clock = clock;
    this.#silentMsMax = silentMsMax;
    this.signal = AbortSignal.any([signal, this.#over.signal]);
    this.#whole = clock.after(wholeMsMax, () => this.#over.abort());
    this.#silence = this.#untilSilent();
  }

  #untilSilent(): Disposable {
    return this.#clock.after(this.#silentMsMax, () => this.#over.abort());
  }

  /** Something of the answer came. */
  heard(): void {
    this.#silence[Symbol.dispose]();
    this.#silence = this.#untilSilent();
  }

  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  [Symbol.dispose](): void {
    this.#silence[Symbol.dispose]();
    this.#whole[Symbol.dispose]();
  }
}
