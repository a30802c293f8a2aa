/** Who pays for which pieces of a function by the rule of `chargeRules`. */
import { chargeRules } from '../../../artifact/fuel/limits.ts';
import type { BackEdge, Cut, Loop, Piece, Place } from './pieces.ts';

/** What is charged at each piece that pays, and on the way back along each edge of a loop that is paid so. */
export interface Accounts {
  readonly pieces: Map<Piece, number>;
  readonly backEdges: Map<BackEdge, number>;
}

const costOf = ({ pieces }: Loop): number => pieces.reduce((sum, { cost }) => sum + cost, 0);

/** A loop whose first round may be paid before it. */
const isShort = (loop: Loop): boolean =>
  loop.goesBackAlone &&
  loop.backEdges.length <= chargeRules.backEdgesMax &&
  costOf(loop) <= chargeRules.shortLoop &&
  costOf(loop) > 0 &&
  loop.pieces.every(({ loop: inner }) => inner === undefined || inner === loop || isShort(inner));

/** Follows the places in the order of the code; each that pays is charged what it costs and lends on the dearest way. */
export function accountsOf({ places, backEdges, handles }: Cut): Accounts {
  const payers = new Map<Piece, Piece>();
  const most = new Map<Piece, number>();
  const lent = new Map<Place, number>();
  /** What was lent before a loop that is paid on the way back. */
  const beforeLoop = new Map<Loop, number>();
  const lentBefore = ({ from }: Place, payer: Piece): number =>
    handles
      ? most.get(payer)!
      : Math.max(0, ...from.map((one) => (payers.get(one.piece) === payer ? lent.get(one)! : most.get(payer)!)));
  const lend = (place: Place, lender: Piece, after: number): void => {
    payers.set(place.piece, lender);
    lent.set(place, after);
    most.set(lender, Math.max(most.get(lender) ?? 0, after));
  };
  for (const place of places) {
    const { piece } = place;
    const { loop, before, cost } = piece;
    const known = payers.get(piece);
    if (known !== undefined) {
      lent.set(place, lentBefore(place, known));
      continue;
    }
    const lender = payers.get(loop?.before.piece ?? before ?? piece) ?? piece;
    const already = lender === piece ? 0 : lentBefore(place, lender);
    const fits = (more: number): boolean => lender !== piece && already + more <= chargeRules.conditionalMax;
    const joins =
      loop === undefined
        ? cost <= chargeRules.shortSegment && fits(cost)
        : !handles && isShort(loop) && fits(costOf(loop));
    if (joins && loop !== undefined) beforeLoop.set(loop, already);
    lend(place, joins ? lender : piece, joins ? already + cost : 0);
  }
  const paid = backEdges.filter(({ loop }) => beforeLoop.has(loop));
  return {
    pieces: new Map([...most].map(([piece, more]) => [piece, piece.cost + more])),
    backEdges: new Map(paid.map((edge) => [edge, lent.get(edge.from)! - beforeLoop.get(edge.loop)!])),
  };
}
