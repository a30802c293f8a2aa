import type { BodyShape } from './body-shape.ts';
import type { MeteredFunction } from './meter.ts';

/** A construct in which fuel is kept in the global. */
export const notCached = -1;

/**
 * For every construct the outermost one around it in which fuel may be kept in a local, because nothing in it sees the
 * fuel: the whole function, or a loop.
 */
export function cachedRegions({ shape, metering }: MeteredFunction): Int32Array {
  const { parent, isLoop, observes } = shape.constructs;
  const regions = new Int32Array(parent.length).fill(notCached);
  if (!shape.hasLoop) return regions;
  // Who enters such a function and runs none of its loops has nothing to do with fuel.
  regions[0] = observes[0] || metering.pays === 'rest' ? notCached : 0;
  for (let construct = 1; construct < parent.length; construct++) {
    const around = regions[parent[construct]!]!;
    if (around !== notCached) regions[construct] = around;
    else if (isLoop[construct] && !observes[construct]) regions[construct] = construct;
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
 * nothing in it calls for that, and the engine may unroll it. It has no loop inside of it, and carries no values.
 */
export function reenteredLoops({ constructs }: BodyShape, regions: Int32Array): Int32Array {
  const { parent, isLoop, labelArity } = constructs;
  const count = parent.length;
  const hasLoopInside = new Uint8Array(count);
  for (let one = count - 1; one > 0; one--) if (isLoop[one] || hasLoopInside[one]) hasLoopInside[parent[one]!] = 1;
  const loops = new Int32Array(count).fill(notReentered);
  for (let one = 1; one < count; one++) {
    const innermost = isLoop[one] && !hasLoopInside[one];
    if (innermost && regions[one] !== notCached && labelArity[one] === 0) loops[one] = one;
    else loops[one] = loops[parent[one]!]!;
  }
  return loops;
}
