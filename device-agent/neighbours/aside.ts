import type { NeighbourReport } from '../../schemas/generated/types.ts';

/** A neighbour that is asked for nothing, and until when on the monotonic clock. */
export interface Aside extends NeighbourReport {
  readonly untilAt: number;
  /** It was found, and showed that it is of no fleet of ours: who is on the network besides is no news, and may be somebody else each minute. */
  readonly isStranger?: true;
}
