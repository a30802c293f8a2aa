import { type BodyShape, noSegment } from './body-shape.ts';
import { chargeRules } from './limits.ts';

/**
 * What is charged at the start of each segment; 0 where the code before it has paid.
 *
 * Every segment is paid exactly once whenever it runs. A short one that may or may not run is paid by the charge
 * that its parent is paid by, as long as no way through the code makes that one pay for too much of the kind. Of ways that part the
 * dearest is charged: so a guest pays for all that it runs, and at most `conditionalMax` at a time for what it doesn't.
 */
export function chargesOf(shape: Pick<BodyShape, 'segments' | 'flow' | 'hasHandler'>): number[] {
  const { cost, parent } = shape.segments;
  const lending = new Lending(shape);
  for (const [point, segment] of shape.flow.segment.entries()) {
    if (segment < lending.payer.length) lending.goOn(point, segment);
    else lending.start(point, segment, parent[segment]!, cost[segment]!);
  }
  return cost.map((own, segment) => (lending.payer[segment] === segment ? own + lending.most[segment]! : 0));
}

/** Who pays for which segment, and how much of what may not run. */
class Lending {
  /** By segment, the one whose charge pays for it. */
  readonly payer: number[] = [];
  /** By segment that pays, what it lends on the dearest way. */
  readonly most: number[] = [];
  /** By point, what was lent on the dearest way to it by who pays for its segment. */
  readonly #lent: number[] = [];
  readonly #shape: Pick<BodyShape, 'flow' | 'hasHandler'>;

  constructor(shape: Pick<BodyShape, 'flow' | 'hasHandler'>) {
    this.#shape = shape;
  }

  start(point: number, segment: number, parent: number, own: number): void {
    const candidate = parent === noSegment ? segment : this.payer[parent]!;
    const lent = candidate === segment ? 0 : this.#lentBefore(point, candidate) + own;
    const joins = candidate !== segment && own <= chargeRules.shortSegment && lent <= chargeRules.conditionalMax;
    this.payer.push(joins ? candidate : segment);
    this.most.push(0);
    this.#lent.push(joins ? lent : 0);
    if (joins && lent > this.most[candidate]!) this.most[candidate] = lent;
  }

  goOn(point: number, segment: number): void {
    this.#lent.push(this.#lentBefore(point, this.payer[segment]!));
  }

  /** A way out of code that pays for itself counts as the dearest so far, and so does any where an exception may come from anywhere. */
  #lentBefore(point: number, payer: number): number {
    const { flow, hasHandler } = this.#shape;
    if (hasHandler) return this.most[payer]!;
    const end = flow.first[point + 1] ?? flow.from.length;
    let lent = 0;
    for (let i = flow.first[point]!; i < end; i++) {
      const before = flow.from[i]!;
      const one = this.payer[flow.segment[before]!] === payer ? this.#lent[before]! : this.most[payer]!;
      if (one > lent) lent = one;
    }
    return lent;
  }
}
