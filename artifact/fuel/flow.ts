import type { Flow } from './body-shape.ts';
import { Column } from './column.ts';

const nowhere = -1;
/** The end of a list of links. */
const noLink = -1;
/** Instead of a list: control comes from the last point alone. */
const fromHere = -2;

/** Notes how control comes from one point of a body to the next, while the body is walked. */
export class FlowScan {
  readonly #segment = new Column<number>();
  readonly #first = new Column<number>();
  readonly #from = new Column<number>();
  /** The point at which each construct opened that is open. */
  readonly #before: number[] = [];
  /** The list of points from which control comes to the end of each. */
  readonly #toEnd: number[] = [];
  /** Whether nothing in each may run: an `if` that had no `else` so far. */
  readonly #mayBeSkipped: boolean[] = [];
  /** Links of lists: a point, and the next link. */
  readonly #linked = new Column<number>();
  readonly #next = new Column<number>();
  /** The last point on the way to here; nowhere in code that never runs. */
  #here = nowhere;
  /** The list of all the last points, where a construct has just ended. */
  #joining = fromHere;

  /** A construct opens. */
  enter(mayBeSkipped: boolean): void {
    this.#before.push(this.#here);
    this.#toEnd.push(noLink);
    this.#mayBeSkipped.push(mayBeSkipped);
  }

  /** The innermost construct goes on from where it opened: at an `else` or a handler. */
  arm(): void {
    const innermost = this.#toEnd.length - 1;
    this.#endComesFrom(innermost, this.#here);
    this.#here = this.#before[innermost]!;
    this.#mayBeSkipped[innermost] = false;
  }

  /** The innermost construct ends. */
  leave(): void {
    const innermost = this.#toEnd.length - 1;
    const before = this.#before.pop()!;
    this.#endComesFrom(innermost, this.#here);
    if (this.#mayBeSkipped.pop()) this.#endComesFrom(innermost, before);
    this.#joining = this.#toEnd.pop()!;
  }

  /** Control may go to the end of the construct at this place. */
  branch(place: number): void {
    this.#endComesFrom(place, this.#here);
  }

  /** What follows never runs. */
  stop(): void {
    this.#here = nowhere;
    this.#joining = fromHere;
  }

  /** A segment starts or goes on here. */
  point(segment: number): void {
    const joining = this.#joining;
    this.#joining = fromHere;
    const only = joining === fromHere ? this.#here : this.#onlyOf(joining);
    if (only !== nowhere && this.#segment.at(only) === segment) {
      this.#here = only;
      return;
    }
    const here = this.#here;
    this.#here = this.#segment.length;
    this.#segment.push(segment);
    this.#first.push(this.#from.length);
    if (joining !== fromHere) this.#comeFromAll(joining);
    else if (here !== nowhere) this.#from.push(here);
  }

  /** What was noted of the body; the next may begin. */
  take(): Flow {
    this.stop();
    this.#linked.clear();
    this.#next.clear();
    return { segment: this.#segment.take(), first: this.#first.take(), from: this.#from.take() };
  }

  // A table of branches has the same point go to a label many times in a row.
  #endComesFrom(place: number, point: number): void {
    const head = this.#toEnd[place]!;
    if (point === nowhere || (head !== noLink && this.#linked.at(head) === point)) return;
    this.#toEnd[place] = this.#linked.length;
    this.#linked.push(point);
    this.#next.push(head);
  }

  /** The point of a list that has one alone. */
  #onlyOf(list: number): number {
    return list === noLink || this.#next.at(list) !== noLink ? nowhere : this.#linked.at(list);
  }

  #comeFromAll(list: number): void {
    for (let link = list; link !== noLink; link = this.#next.at(link)) this.#from.push(this.#linked.at(link));
  }
}
