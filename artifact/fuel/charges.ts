import { type BodyShape, noSegment } from './body-shape.ts';
import { chargeRules } from './limits.ts';
import { type LoopShape, shortLoops } from './short-loops.ts';

/** What is charged in a function, and where. */
export interface Charges {
  /** At the start of each segment; 0 where the code before it has paid. */
  readonly segments: readonly number[];
  /** By back edge, on the way to another round; 0 where the header of the loop pays. */
  readonly backEdges: readonly number[];
  /** By construct, whether it is a loop that pays for its rounds on the way to them; the first is paid before it. */
  readonly paidOnWay: Uint8Array;
}

/** What decides on the charges of a function. */
export type ChargedShape = LoopShape & Pick<BodyShape, 'flow'>;

/**
 * Every segment is paid exactly once whenever it runs. A short one that may or may not run is paid by the charge
 * that its parent is paid by, as long as no way through the code makes that one pay for too much of the kind. Of ways that part the
 * dearest is charged: so a guest pays for all that it runs, and at most `conditionalMax` at a time for what it doesn't.
 *
 * So is a short loop, for one round; whoever goes back to its header pays for the round that is behind him, by the dearest way to there. So
 * the charge in front of the loop is left for the last round, of which nobody knows that it is the last.
 */
export function chargesOf(shape: ChargedShape): Charges {
  const { cost, parent } = shape.segments;
  const lending = new Lending(shape);
  for (const [point, segment] of shape.flow.segment.entries()) {
    if (segment < lending.payer.length) lending.goOn(point, segment);
    else if (parent[segment] === noSegment && segment > 0) lending.startLoop(point, segment, cost[segment]!);
    else lending.start(point, segment, parent[segment]!, cost[segment]!);
  }
  const { payer, most, paidOnWay } = lending;
  return {
    segments: cost.map((own, segment) => (payer[segment] === segment ? own + most[segment]! : 0)),
    backEdges: shape.backEdges.loop.map((_, edge) => lending.ofBackEdge(edge)),
    paidOnWay,
  };
}

/** Who pays for which segment, and how much of what may not run. */
class Lending {
  /** By segment, the one whose charge pays for it. */
  readonly payer: number[] = [];
  /** By segment that pays, what it lends on the dearest way. */
  readonly most: number[] = [];
  readonly paidOnWay: Uint8Array;
  /** By point, what was lent on the dearest way to it by who pays for its segment. */
  readonly #lent: number[] = [];
  /** By loop that is paid for on the way, what was lent before it. */
  readonly #lentBeforeLoop: Float64Array;
  readonly #shortLoops: Float64Array;
  readonly #shape: ChargedShape;

  constructor(shape: ChargedShape) {
    const constructs = shape.constructs.parent.length;
    this.#shape = shape;
    this.#shortLoops = shortLoops(shape);
    this.#lentBeforeLoop = new Float64Array(constructs);
    this.paidOnWay = new Uint8Array(constructs);
  }

  start(point: number, segment: number, parent: number, own: number): void {
    const candidate = parent === noSegment ? segment : this.payer[parent]!;
    const lent = candidate === segment ? 0 : this.#lentBefore(point, candidate) + own;
    const joins = candidate !== segment && own <= chargeRules.shortSegment && lent <= chargeRules.conditionalMax;
    this.#pay(joins ? candidate : segment, joins ? lent : 0);
  }

  /** A loop is paid for by who pays for the code in front of it, if that can pay for all of it. */
  startLoop(point: number, segment: number, own: number): void {
    const { flow, segments } = this.#shape;
    const loop = segments.construct[segment]!;
    const all = this.#shortLoops[loop]!;
    const candidate = this.payer[flow.segment[flow.from[flow.first[point]!]!]!]!;
    const before = this.#lentBefore(point, candidate);
    if (all === 0 || before + all > chargeRules.conditionalMax) {
      this.#pay(segment, 0);
      return;
    }
    this.paidOnWay[loop] = 1;
    this.#lentBeforeLoop[loop] = before;
    this.#pay(candidate, before + own);
  }

  goOn(point: number, segment: number): void {
    this.#lent.push(this.#lentBefore(point, this.payer[segment]!));
  }

  ofBackEdge(edge: number): number {
    const { loop, point } = this.#shape.backEdges;
    const to = loop[edge]!;
    return this.paidOnWay[to] ? this.#lent[point[edge]!]! - this.#lentBeforeLoop[to]! : 0;
  }

  #pay(payer: number, lent: number): void {
    this.payer.push(payer);
    this.most.push(0);
    this.#lent.push(lent);
    if (lent > this.most[payer]!) this.most[payer] = lent;
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
