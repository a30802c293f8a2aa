import { noSegment } from './body-shape.ts';
import { reenteredCostMax } from './limits.ts';
import type { MeteredFunction } from './meter.ts';
import type { PrepaidLoops } from './prepaid-loops.ts';

/** A construct in which fuel is kept in the global. */
export const notCached = -1;

/**
 * For every construct the outermost one around it in which fuel is kept in a local: the whole function, or a loop. What
 * sees the fuel there has to have it put back before and taken again after: so there are to be more charges than that.
 */
export function cachedRegions({ shape, metering }: MeteredFunction, prepaid: PrepaidLoops): Int32Array {
  const { parent, isLoop, escapes, observers } = shape.constructs;
  const regions = new Int32Array(parent.length).fill(notCached);
  if (!shape.hasLoop) return regions;
  const seen = Int32Array.from(observers);
  const charged = new Int32Array(parent.length);
  shape.segments.construct.forEach((construct, segment) => {
    if (metering.charges[segment]! === 0) return;
    const isInFront = prepaid.has(construct) && shape.segments.parent[segment] === noSegment;
    charged[isInFront ? parent[construct]! : construct]!++;
  });
  for (let one = parent.length - 1; one > 0; one--) {
    seen[parent[one]!]! += seen[one]!;
    charged[parent[one]!]! += charged[one]!;
  }
  const pays = (one: number): boolean => !escapes[one] && seen[one]! <= charged[one]!;
  // Who enters such a function and runs none of its loops has nothing to do with fuel.
  regions[0] = metering.pays !== 'rest' && pays(0) ? 0 : notCached;
  for (let one = 1; one < parent.length; one++) {
    const around = regions[parent[one]!]!;
    if (around !== notCached) regions[one] = around;
    else if (isLoop[one] && charged[one]! > 0 && pays(one)) regions[one] = one;
  }
  return regions;
}

/** Whether a branch from one construct to the label of another leaves the region it starts in. */
export function leavesRegion(regions: Int32Array, from: number, to: number): boolean {
  const region = regions[from]!;
  // The label of a function is behind it, that of a loop is at its start.
  return region === 0 ? to === 0 : region !== notCached && to < region;
}

/** For every construct the loop at or around it that is left for more fuel and entered anew; `notReentered` without one. */
export const notReentered = -1;

/**
 * Which constructs are in a loop that leaves itself when its fuel is gone, and is entered anew when there is more. Then
 * nothing in it calls, and the engine may unroll it. It has no loop inside of it, and carries no values.
 */
export function reenteredLoops({ shape }: MeteredFunction, regions: Int32Array, prepaid: PrepaidLoops): Int32Array {
  // Without a loop there is no region either, and both are told by the same number.
  if (!shape.hasLoop) return regions;
  const { parent, isLoop, labelArity, observers } = shape.constructs;
  const count = parent.length;
  const isOuter = new Uint8Array(count);
  const cost = new Float64Array(count);
  shape.segments.construct.forEach((construct, segment) => {
    cost[construct]! += shape.segments.cost[segment]!;
  });
  for (let one = count - 1; one > 0; one--) {
    if (observers[one]! > 0 || cost[one]! > reenteredCostMax) isOuter[one] = 1;
    cost[parent[one]!]! += cost[one]!;
    if (isLoop[one] || isOuter[one]) isOuter[parent[one]!] = 1;
  }
  const loops = new Int32Array(count).fill(notReentered);
  for (let one = 1; one < count; one++) {
    const innermost = isLoop[one] && !isOuter[one];
    if (innermost && !prepaid.has(one) && regions[one] !== notCached && labelArity[one] === 0) loops[one] = one;
    else loops[one] = loops[parent[one]!]!;
  }
  return loops;
}
