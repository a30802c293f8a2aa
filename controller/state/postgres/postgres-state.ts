/** State in PostgreSQL under one epoch: a commit is one statement, which writes nothing when that epoch has passed. */
import { StateError, type StatePort, type StateRow, type StateWrite } from '../state-port.ts';
import type { Session, Statement } from './session.ts';
import { textArray } from './text-array.ts';

/** Rows that are asked for at once. */
const rowsPerPage = 2_000;

/** Nobody writes meanwhile but who loads, so that pages fit together. */
const page: Statement = {
  name: 'load',
  text: `SELECT room, key, value FROM fleet_rows WHERE (room, key) > ($1, $2) ORDER BY room, key LIMIT ${rowsPerPage}`,
};

/**
 * The fence holds on to the key of the lease until the commit is through. If another epoch begins meanwhile, one of the two
 * waits: either this is there before that term loads, or the fence is empty and so is all that follows from it.
 */
const commit: Statement = {
  name: 'commit',
  text: `WITH fence AS MATERIALIZED (SELECT epoch FROM fleet_lease WHERE epoch = $1 FOR KEY SHARE),
    gone AS (DELETE FROM fleet_rows USING fence, unnest($2::text[], $3::text[]) AS given (room, key)
      WHERE fleet_rows.room = given.room AND fleet_rows.key = given.key),
    kept AS (INSERT INTO fleet_rows (room, key, value)
      SELECT given.room, given.key, given.value
      FROM fence, unnest($4::text[], $5::text[], $6::text[]) AS given (room, key, value)
      ON CONFLICT (room, key) DO UPDATE SET value = excluded.value)
    SELECT epoch FROM fence`,
};

/** Of two writes to one row the later counts; a statement may touch a row once. */
function newestWrites(writes: readonly StateWrite[]): StateWrite[] {
  return [...new Map(writes.map((write) => [`${write.room}\0${write.key}`, write])).values()];
}

function column(writes: readonly StateWrite[], name: 'room' | 'key' | 'value'): Uint8Array {
  return textArray(writes.map((write) => write[name]!));
}

export class PostgresState implements StatePort {
  readonly #session: Session;
  readonly #epoch: number;
  /** The connection takes one statement after the other. */
  #before: Promise<void> = Promise.resolve();

  constructor(session: Session, epoch: number) {
    this.#session = session;
    this.#epoch = epoch;
  }

  async load(take: (row: StateRow) => Promise<void> | undefined): Promise<void> {
    let last: Pick<StateRow, 'room' | 'key'> | undefined = { room: '', key: '' };
    while (last !== undefined) {
      const rows: readonly StateRow[] = await this.#session.query<StateRow>(page, [last.room, last.key]);
      for (const row of rows) {
        const pause = take(row);
        if (pause !== undefined) await pause;
      }
      last = rows.length < rowsPerPage ? undefined : rows.at(-1);
    }
  }

  commit(writes: readonly StateWrite[]): Promise<void> {
    const done = this.#before.then(() => this.#commit(writes));
    this.#before = done.catch(() => {});
    return done;
  }

  async #commit(writes: readonly StateWrite[]): Promise<void> {
    const newest = newestWrites(writes);
    const gone = newest.filter(({ value }) => value === undefined);
    const kept = newest.filter(({ value }) => value !== undefined);
    const columns = [
      ...[column(gone, 'room'), column(gone, 'key')],
      ...[column(kept, 'room'), column(kept, 'key'), column(kept, 'value')],
    ];
    const fence = await this.#session.query(commit, [this.#epoch, ...columns]);
    if (fence.length === 0) {
      throw new StateError(
        'STATE_LEASE_LOST',
        `epoch ${this.#epoch} has passed: another controller leads; not written`,
      );
    }
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}
