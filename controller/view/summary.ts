/** What some devices come to together, kept as they come and go: all that there are, or those that a question is about. */
import type { Tally } from '../../schemas/generated/types.ts';
import { RunningTally } from '../planning/tally.ts';
import { Groups } from './groups.ts';
import { NotWell } from './not-well.ts';
import type { Row } from './row.ts';

export class Summary {
  readonly fleets = new Groups('fleet');
  readonly sites = new Groups('site');
  readonly #notWell = new NotWell();
  readonly #total = new RunningTally();

  /** A device is otherwise than before; `undefined` where it is not there. */
  move(device: string, before: Row | undefined, row: Row | undefined): void {
    this.fleets.move(device, before, row);
    this.sites.move(device, before, row);
    this.#notWell.move(device, before, row);
    if (before !== undefined) this.#total.count(before, -1);
    if (row !== undefined) this.#total.count(row);
  }

  /** Of all of them. */
  get tally(): Tally {
    return this.#total.tally;
  }

  /** A few that deserve attention, the most urgent first. */
  get notWell(): readonly string[] {
    return this.#notWell.first;
  }
}
