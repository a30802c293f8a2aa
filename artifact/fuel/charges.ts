import { noSegment, type Segments } from './body-shape.ts';
import { chargeRules } from './limits.ts';

/**
 * What is charged at the start of each segment; 0 where the code before it has paid.
 *
 * Every segment is paid exactly once whenever it runs. A short one that may or may not run is paid by the charge
 * that its parent is paid by, as long as that one has not taken on too much of the kind: so a guest pays for all that it
 * runs, and at most `conditionalMax` at a time for what it doesn't.
 */
export function chargesOf({ cost, parent }: Segments): number[] {
  const payer: number[] = [];
  const charges: number[] = [];
  const conditional: number[] = [];
  for (let segment = 0; segment < cost.length; segment++) {
    const own = cost[segment]!;
    const before = parent[segment]!;
    const candidate = before === noSegment ? segment : payer[before]!;
    const joins =
      candidate !== segment &&
      own <= chargeRules.shortSegment &&
      conditional[candidate]! + own <= chargeRules.conditionalMax;
    const paying = joins ? candidate : segment;
    payer.push(paying);
    charges.push(joins ? 0 : own);
    conditional.push(0);
    if (joins) {
      charges[paying]! += own;
      conditional[paying]! += own;
    }
  }
  return charges;
}
