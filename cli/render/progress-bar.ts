import type { Clock } from '../../platform/ports.ts';
import type { Output } from '../command.ts';

const width = 24;
/** What is done sooner than this shows no bar. */
const patienceMs = 400;
const redrawMs = 200;

/** One line that is redrawn in place on a terminal while something long goes on; elsewhere nothing. */
export class ProgressBar implements Disposable {
  readonly #output: Output;
  readonly #clock: Clock;
  readonly #startedAt: number;
  #timer: Disposable | undefined;
  #step = '';
  #done = 0;
  #isDrawn = false;

  constructor(output: Output, clock: Clock) {
    this.#output = output;
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
    if (output.isTerminal) this.#timer = clock.after(patienceMs, () => this.#draw());
  }

  /** `done` is a part of the whole, from 0 to 1. */
  update(step: string, done: number): void {
    this.#step = step;
    this.#done = done;
  }

  /** Takes the line away. */
  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    if (this.#isDrawn) this.#output.write('\r\x1b[K');
  }

  #draw(): void {
    const filled = Math.round(this.#done * width);
    const seconds = Math.floor((this.#clock.monotonic() - this.#startedAt) / 1000);
    const line = `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${this.#step} ${seconds} s`;
    this.#output.write(`\r\x1b[K${line.slice(0, Math.max(0, this.#output.columns() - 1))}`);
    this.#isDrawn = true;
    this.#timer = this.#clock.after(redrawMs, () => this.#draw());
  }
}
