import type { Segments } from '../ports.ts';

/**
 * Tries the other size whenever a connection is given up that was made and brought nothing that is long. A link that is cut in that moment
 * looks the same: then short ones are taken for nothing, which costs 2 % more, until the process ends or one of them comes to nothing.
 */
export class TriedSegments implements Segments {
  areShort = false;

  /** A connection was given up, and had brought nothing that a packet of any link would be too short for. */
  cameToNothing(wereShort: boolean): void {
    this.areShort = !wereShort;
  }
}

/** Those of this process. */
export const nodeSegments = new TriedSegments();
