import type { BodyShape } from './body-shape.ts';
import { Column } from './column.ts';

/** The calls by index of a body, while it is walked. */
export class CallScan {
  readonly #callee = new Column<number>();
  readonly #segment = new Column<number>();
  readonly #construct = new Column<number>();

  /** This segment calls, in this construct. */
  note(callee: number, segment: number, construct: number): void {
    this.#callee.push(callee);
    this.#segment.push(segment);
    this.#construct.push(construct);
  }

  /** All of them; the next body may begin. */
  take(): BodyShape['calls'] {
    return { callee: this.#callee.take(), segment: this.#segment.take(), construct: this.#construct.take() };
  }
}
