/** Devices of one fleet or one site together: who they are, where they stand, and since when nobody of them was heard. */
import type { Tally } from '../../schemas/generated/types.ts';
import { emptyTally, RunningTally } from '../planning/tally.ts';
import type { Row } from './row.ts';

/** Where some devices stand together. */
export interface Standing {
  readonly tally: Tally;
  /** The oldest last contact; undefined while one of them was never heard, and when there is none. */
  readonly oldest: number | undefined;
}

/** Of no device. */
export const nobody: Standing = { tally: emptyTally, oldest: undefined };

/** A device's row is counted in with `put`, which takes out the one before. */
class Group implements Standing {
  readonly rows = new Map<string, Row>();
  readonly #counts = new RunningTally();
  #neverHeard = 0;
  /** Undefined when it has to be looked for. */
  #oldest: number | undefined;

  put(name: string, row: Row | undefined): void {
    const before = this.rows.get(name);
    if (before !== undefined) this.#count(before, -1);
    if (row === undefined) this.rows.delete(name);
    else {
      this.rows.set(name, row);
      this.#count(row, 1);
    }
  }

  #count(row: Row, by: 1 | -1): void {
    const { contactAt } = row;
    this.#counts.count(row, by);
    if (contactAt === undefined) this.#neverHeard += by;
    else if (this.#oldest === undefined) return;
    else if (by === 1) this.#oldest = Math.min(this.#oldest, contactAt);
    else if (contactAt === this.#oldest) this.#oldest = undefined;
  }

  get tally(): Tally {
    return this.#counts.tally;
  }

  get oldest(): number | undefined {
    if (this.#neverHeard > 0 || this.rows.size === 0) return undefined;
    this.#oldest ??= this.#lookForOldest();
    return this.#oldest;
  }

  #lookForOldest(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const { contactAt } of this.rows.values()) if (contactAt! < oldest) oldest = contactAt!;
    return oldest;
  }
}

/** The fleets of some devices, or their sites. */
export class Groups {
  readonly #groups = new Map<string, Group>();
  readonly #kind: 'fleet' | 'site';

  constructor(kind: 'fleet' | 'site') {
    this.#kind = kind;
  }

  /** A device is otherwise than before; `undefined` where it is not there. */
  move(name: string, before: Row | undefined, row: Row | undefined): void {
    const from = before?.[this.#kind];
    const to = row?.[this.#kind];
    if (from !== undefined && from !== to) this.#leave(from, name);
    if (to === undefined) return;
    let group = this.#groups.get(to);
    if (group === undefined) {
      group = new Group();
      this.#groups.set(to, group);
    }
    group.put(name, row);
  }

  #leave(name: string, device: string): void {
    const group = this.#groups.get(name);
    group?.put(device, undefined);
    if (group?.rows.size === 0) this.#groups.delete(name);
  }

  has(name: string): boolean {
    return this.#groups.has(name);
  }

  of(name: string): Standing {
    return this.#groups.get(name) ?? nobody;
  }

  /** The devices of one. */
  devicesOf(name: string): Iterable<string> {
    return this.#groups.get(name)?.rows.keys() ?? [];
  }
}
