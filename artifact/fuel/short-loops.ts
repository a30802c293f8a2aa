import type { BodyShape } from './body-shape.ts';
import { chargeRules } from './limits.ts';

/** What of a body decides which of its loops are short. */
export type LoopShape = Pick<BodyShape, 'segments' | 'constructs' | 'backEdges' | 'hasLoop' | 'hasHandler'>;

/**
 * By construct, what all the code of a loop costs where its first round may be paid before it and each further one on the way to it;
 * 0 for any other. Few branches go back to such a loop, each to it alone, and all loops in it are such loops.
 */
export function shortLoops({ segments, constructs, backEdges, hasLoop, hasHandler }: LoopShape): Float64Array {
  const { parent, isLoop, labelArity, byTable } = constructs;
  const costs = new Float64Array(parent.length);
  if (!hasLoop || hasHandler) return costs;
  segments.construct.forEach((construct, segment) => {
    costs[construct]! += segments.cost[segment]!;
  });
  const edges = new Int32Array(parent.length);
  for (const loop of backEdges.loop) edges[loop]!++;
  const isLong = new Uint8Array(parent.length);
  for (let one = parent.length - 1; one > 0; one--) {
    costs[parent[one]!]! += costs[one]!;
    const goesBackByMany = byTable[one] || labelArity[one]! > 0 || edges[one]! > chargeRules.backEdgesMax;
    if (isLoop[one] && (goesBackByMany || costs[one]! > chargeRules.shortLoop)) isLong[one] = 1;
    if (isLong[one]) isLong[parent[one]!] = 1;
  }
  return costs.map((cost, one) => (isLoop[one] && !isLong[one] ? cost : 0));
}
