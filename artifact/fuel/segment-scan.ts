import { noSegment, type Segments } from './body-shape.ts';
import { Column } from './column.ts';

/** The segments of a body, while it is walked. */
export class SegmentScan {
  readonly #cost = new Column<number>();
  readonly #construct = new Column<number>();
  readonly #parent = new Column<number>();
  #current = noSegment;
  /** What the one here costs since it began or went on. */
  #covered = 0;

  /** The segment here; `noSegment` in code that never runs. */
  get current(): number {
    return this.#current;
  }

  /** The one here costs so much more; what never runs costs nothing. */
  cover(cost: number): void {
    this.#covered += cost;
  }

  /** A new one starts here. */
  begin(parent: number, construct: number): void {
    this.#settle();
    this.#current = this.#parent.length;
    this.#parent.push(parent);
    this.#construct.push(construct);
    this.#cost.push(0);
  }

  /** One that was interrupted goes on here, or nothing runs. */
  goOn(segment: number): void {
    this.#settle();
    this.#current = segment;
  }

  /** All of them; the next body may begin. */
  take(): Segments {
    this.goOn(noSegment);
    return { cost: this.#cost.take(), construct: this.#construct.take(), parent: this.#parent.take() };
  }

  #settle(): void {
    if (this.#current !== noSegment) this.#cost.set(this.#current, this.#cost.at(this.#current) + this.#covered);
    this.#covered = 0;
  }
}
