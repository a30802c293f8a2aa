/** State in PostgreSQL under one epoch: a commit is one statement, which writes nothing when that epoch has passed. */
import {
  isReadOnDemand,
  type RowKey,
  StateError,
  type StatePort,
  type StateRow,
  type StateWrite,
} from '../state-port.ts';
import type { Session, Statement } from './session.ts';
import { textArray } from './text-array.ts';

/** Rows that are asked for at once. */
const rowsPerPage = 2_000;

/** Nobody writes meanwhile but who loads, so that pages fit together. */
const page: Statement = {
  name: 'load',
  text: `SELECT room, key, value FROM fleet_rows WHERE (room, key) > ($1, $2) ORDER BY room, key LIMIT ${rowsPerPage}`,
};

const documents: Statement = {
  name: 'documents',
  text: `SELECT room, key, value FROM unnest($1::text[], $2::text[]) AS asked (room, key)
    JOIN fleet_documents USING (room, key)`,
};

/** The steps of a commit in one table, from the parameter `$first` on. */
function changesOf(table: 'rows' | 'documents', first: number): string {
  const [goneRooms, goneKeys, rooms, keys, values] = [0, 1, 2, 3, 4].map((at) => `$${first + at}::text[]`);
  return `gone_${table} AS (DELETE FROM fleet_${table} USING fence, unnest(${goneRooms}, ${goneKeys}) AS given (room, key)
      WHERE fleet_${table}.room = given.room AND fleet_${table}.key = given.key),
    kept_${table} AS (INSERT INTO fleet_${table} (room, key, value)
      SELECT given.room, given.key, given.value
      FROM fence, unnest(${rooms}, ${keys}, ${values}) AS given (room, key, value)
      ON CONFLICT (room, key) DO UPDATE SET value = excluded.value)`;
}

/**
 * The fence holds on to the key of the lease until the commit is through. If another epoch begins meanwhile, one of the two
 * waits: either this is there before that term loads, or the fence is empty and so is all that follows from it.
 */
const commit: Statement = {
  name: 'commit',
  text: `WITH fence AS MATERIALIZED (SELECT epoch FROM fleet_lease WHERE epoch = $1 FOR KEY SHARE),
    ${changesOf('rows', 2)},
    ${changesOf('documents', 7)}
    SELECT epoch FROM fence`,
};

/** Of two writes to one row the later counts; a statement may touch a row once. */
function newestWrites(writes: readonly StateWrite[]): StateWrite[] {
  return [...new Map(writes.map((write) => [`${write.room}\0${write.key}`, write])).values()];
}

function column(writes: readonly StateWrite[], name: 'room' | 'key' | 'value'): Uint8Array {
  return textArray(writes.map((write) => write[name]!));
}

/** As the statement takes them for one table. */
function columnsOf(writes: readonly StateWrite[]): Uint8Array[] {
  const gone = writes.filter(({ value }) => value === undefined);
  const kept = writes.filter(({ value }) => value !== undefined);
  return [
    ...[column(gone, 'room'), column(gone, 'key')],
    ...[column(kept, 'room'), column(kept, 'key'), column(kept, 'value')],
  ];
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

  read(keys: readonly RowKey[]): Promise<readonly StateRow[]> {
    return this.#after(() => this.#session.query<StateRow>(documents, [column(keys, 'room'), column(keys, 'key')]));
  }

  commit(writes: readonly StateWrite[]): Promise<void> {
    return this.#after(() => this.#commit(writes));
  }

  /** When all that was asked for before is done. */
  #after<T>(statement: () => Promise<T>): Promise<T> {
    const done = this.#before.then(statement);
    this.#before = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  async #commit(writes: readonly StateWrite[]): Promise<void> {
    const newest = newestWrites(writes);
    const columns = [
      ...columnsOf(newest.filter((write) => !isReadOnDemand(write))),
      ...columnsOf(newest.filter(isReadOnDemand)),
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
