import type { NeighbourReport } from '../../schemas/generated/types.ts';

/** A neighbour that is asked for nothing, and until when on the monotonic clock. */
export interface Aside extends NeighbourReport {
  readonly untilAt: number;
}
