import type { CallGraph } from './call-graph.ts';
import { threadedCostMax, threadedLocalsMax } from './limits.ts';

/**
 * Functions that get fuel and stack as parameters and give the fuel back as a result, so that both stay in registers where
 * one call follows another: small ones that call themselves more than others, and let no exception out on their own.
 */
export function threadedFunctions({ shapes, imported }: CallGraph): boolean[] {
  return shapes.map(({ locals, calls, segments, callsIndirectly, hasHandler, hasBulk, throwsOrTailCalls }, number) => {
    if (locals > threadedLocalsMax) return false;
    if (callsIndirectly || hasHandler || hasBulk || throwsOrTailCalls) return false;
    if (!calls.callee.includes(number + imported)) return false;
    const own = calls.callee.filter((callee) => callee === number + imported).length;
    const cost = segments.cost.reduce((sum, one) => sum + one, 0);
    return calls.callee.length - own <= 2 * own && cost <= threadedCostMax;
  });
}
