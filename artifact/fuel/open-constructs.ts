import type { Constructs } from './body-shape.ts';
import { Column } from './column.ts';

/** The constructs that are open at a point of a body, innermost last; what is known of each when it ends goes to its parent. */
export class OpenConstructs {
  readonly #parent = new Column<number>();
  readonly #isLoop = new Column<boolean>();
  readonly #escapes = new Column<boolean>();
  readonly #observers = new Column<number>();
  readonly #labelArity = new Column<number>();
  readonly #catches = new Column<boolean>();
  // What follows is of the open ones, by their places.
  readonly #number: number[] = [];
  readonly #opener: number[] = [];
  readonly #height: number[] = [];
  readonly #params: number[] = [];
  readonly #results: number[] = [];
  /** Place of the innermost loop at or around each, -1 without. */
  readonly #loop: number[] = [];
  /** Place of the outermost construct that something inside goes to. */
  readonly #reach: number[] = [];

  /** Places of the open constructs are 0 (the function) to here. */
  get top(): number {
    return this.#number.length - 1;
  }

  /** How many constructs there were so far. */
  get count(): number {
    return this.#parent.length;
  }

  /** The innermost construct. */
  get current(): number {
    return this.#number[this.top]!;
  }

  /** The number of the construct at this place. */
  at(place: number): number | undefined {
    return this.#number[place];
  }

  /** Whether a construct is a loop. */
  isLoop(number: number): boolean {
    return this.#isLoop.at(number);
  }

  /** Whether an exception may continue at the label of a construct. */
  catches(number: number): boolean {
    return this.#catches.at(number);
  }

  /** The segment in which the innermost construct opened. */
  get opener(): number {
    return this.#opener[this.top]!;
  }

  /** How many operands are on the stack below the innermost construct. */
  get heightBelow(): number {
    return this.#height[this.top]!;
  }

  /** How many operands are on the stack at the start of an arm of the innermost construct. */
  get heightInside(): number {
    return this.#height[this.top]! + this.#params[this.top]!;
  }

  /** How many operands are on the stack behind the innermost construct. */
  get heightBehind(): number {
    return this.#height[this.top]! + this.#results[this.top]!;
  }

  /** Opens a construct in this segment, below which there are that many operands. */
  push(isLoop: boolean, opener: number, height: number, params: number, results: number): void {
    const place = this.top + 1;
    const number = this.count;
    this.#parent.push(this.#number[this.top] ?? 0);
    this.#isLoop.push(isLoop);
    this.#escapes.push(false);
    this.#observers.push(0);
    this.#labelArity.push(isLoop ? params : results);
    this.#catches.push(false);
    this.#loop.push(isLoop ? place : (this.#loop[place - 1] ?? -1));
    this.#number.push(number);
    this.#opener.push(opener);
    this.#height.push(height);
    this.#params.push(params);
    this.#results.push(results);
    this.#reach.push(place);
  }

  /** Closes the innermost construct; true when something inside may have gone on elsewhere than behind it. */
  pop(): boolean {
    const top = this.top;
    const reach = this.#reach.pop()!;
    const number = this.#number.pop()!;
    this.#opener.pop();
    this.#height.pop();
    this.#params.pop();
    this.#results.pop();
    this.#loop.pop();
    if (top > 0) {
      if (this.#escapes.at(number)) this.escape();
      this.reachFor(reach);
    }
    return reach < top;
  }

  /** Something in the innermost construct may see or change the fuel. */
  observe(): void {
    this.#observers.set(this.current, this.#observers.at(this.current) + 1);
  }

  /** An exception or a tail call may leave the innermost construct. */
  escape(): void {
    this.#escapes.set(this.current, true);
  }

  /** Something in the innermost construct goes to the one at this place. */
  reachFor(place: number): void {
    const top = this.top;
    if (place < this.#reach[top]!) this.#reach[top] = place;
  }

  /** An exception may continue at the label of the construct of this number. */
  catchAt(number: number): void {
    this.#catches.set(number, true);
  }

  /** All that is known of the constructs of the body, none of which is open any more; the next may begin. */
  take(): Constructs {
    return {
      parent: this.#parent.take(),
      isLoop: this.#isLoop.take(),
      escapes: this.#escapes.take(),
      observers: this.#observers.take(),
      labelArity: this.#labelArity.take(),
      catches: this.#catches.take(),
    };
  }

  /** Whether a branch to this place may leave a loop or the function. */
  leavesLoop(place: number): boolean {
    return place < this.#loop[this.top]! || place === 0;
  }
}
