import type { BodyShape } from './body-shape.ts';

/** A construct in which fuel is kept in the global. */
export const notCached = -1;

/**
 * For every construct the outermost one around it in which fuel may be kept in a local, because nothing in it sees the
 * fuel: the whole function, or a loop.
 */
export function cachedRegions({ constructs, hasLoop }: BodyShape): Int32Array {
  const { parent, isLoop, observes } = constructs;
  const regions = new Int32Array(parent.length).fill(notCached);
  if (!hasLoop) return regions;
  regions[0] = observes[0] ? notCached : 0;
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
