/** What a simulated controller remembers: rows that nothing has to survive, of which every run has a copy. */
import {
  isReadOnDemand,
  type RowKey,
  rowName,
  type StatePort,
  type StateRow,
  type StateWrite,
} from '../state/state-port.ts';

export class MemoryState implements StatePort {
  readonly #rows: Map<string, StateRow>;

  constructor(rows: ReadonlyMap<string, StateRow> = new Map()) {
    this.#rows = new Map(rows);
  }

  /** Another one that goes on from here by itself. */
  copy(): MemoryState {
    return new MemoryState(this.#rows);
  }

  async load(take: (row: StateRow) => Promise<void> | undefined): Promise<void> {
    for (const row of [...this.#rows.values()]) {
      const pause = isReadOnDemand(row) ? undefined : take(row);
      if (pause !== undefined) await pause;
    }
  }

  async read(keys: readonly RowKey[]): Promise<readonly StateRow[]> {
    return keys.flatMap((key) => this.#rows.get(rowName(key)) ?? []);
  }

  async commit(writes: readonly StateWrite[]): Promise<void> {
    for (const { room, key, value } of writes) {
      if (value === undefined) this.#rows.delete(rowName({ room, key }));
      else this.#rows.set(rowName({ room, key }), { room, key, value });
    }
  }

  async close(): Promise<void> {}
}
