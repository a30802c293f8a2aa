import type { Flow } from './body-shape.ts';

const nowhere = -1;

/** A construct that is open while the body is walked. */
interface Open {
  readonly isLoop: boolean;
  /** The point at which it opened. */
  readonly before: number;
  /** Points from which control comes to its end. */
  readonly toEnd: number[];
  /** Whether nothing in it may run: an `if` that had no `else` so far. */
  mayBeSkipped: boolean;
}

/** Notes how control comes from one point of a body to the next, while the body is walked. */
export class FlowScan {
  readonly flow: Flow = { segment: [], first: [], from: [] };
  readonly #open: Open[] = [];
  /** The last point on the way to here; nowhere in code that never runs. */
  #here = nowhere;
  /** All the last points, where a construct has just ended. */
  #joining: readonly number[] | undefined;

  /** A construct opens. */
  enter(isLoop: boolean, mayBeSkipped: boolean): void {
    this.#open.push({ isLoop, before: this.#here, toEnd: [], mayBeSkipped });
  }

  /** The innermost construct goes on from where it opened: at an `else` or a handler. */
  arm(): void {
    const innermost = this.#open.at(-1)!;
    addTo(innermost.toEnd, this.#here);
    this.#here = innermost.before;
    innermost.mayBeSkipped = false;
  }

  /** The innermost construct ends. */
  leave(): void {
    const { before, toEnd, mayBeSkipped } = this.#open.pop()!;
    addTo(toEnd, this.#here);
    if (mayBeSkipped) addTo(toEnd, before);
    this.#joining = toEnd;
  }

  /** Control may go to the label of the construct at this place; that of a loop begins another round. */
  branch(place: number): void {
    const { isLoop, toEnd } = this.#open[place]!;
    if (!isLoop) addTo(toEnd, this.#here);
  }

  /** What follows never runs. */
  stop(): void {
    this.#here = nowhere;
    this.#joining = undefined;
  }

  /** A segment starts or goes on here. */
  point(segment: number): void {
    const { segment: segments, first, from } = this.flow;
    const joining = this.#joining ?? [this.#here];
    this.#joining = undefined;
    if (joining.length === 1 && segments[joining[0]!] === segment) {
      this.#here = joining[0]!;
      return;
    }
    this.#here = segments.length;
    segments.push(segment);
    first.push(from.length);
    for (const one of joining) if (one !== nowhere) from.push(one);
  }
}

/** A table of branches has the same point go to a label many times in a row. */
function addTo(points: number[], point: number): void {
  if (point !== nowhere && points.at(-1) !== point) points.push(point);
}
