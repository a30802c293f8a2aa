/** State in PostgreSQL under one epoch: a commit is one statement, which writes nothing when that epoch has passed. */
import { lossText } from '../loss.ts';
import {
  isReadOnDemand,
  type RowKey,
  rowName,
  StateError,
  type StatePort,
  type StateRow,
  type StateWrite,
  type TornRow,
} from '../state-port.ts';
import { columnsOf, commit, commitBeside } from './commit-statement.ts';
import { columnsOfKeys, DocumentsBeside } from './documents-beside.ts';
import { mendRows } from './mend-rows.ts';
import type { Session, Statement } from './session.ts';

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

function isCorrupt(error: unknown): error is StateError {
  return error instanceof StateError && error.code === 'STATE_CORRUPT';
}

/** Of two writes to one row the later counts; a statement may touch a row once. */
function newestWrites(writes: readonly StateWrite[]): StateWrite[] {
  return [...new Map(writes.map((write) => [rowName(write), write])).values()];
}

export class PostgresState implements StatePort {
  readonly #session: Session;
  readonly #epoch: number;
  /** The table of rows was made anew in this term; once is enough, or nothing helps. */
  #lost: string | undefined;
  #beside: Promise<DocumentsBeside> | undefined;
  /** The connection takes one statement after the other. */
  #before: Promise<void> = Promise.resolve();

  constructor(session: Session, epoch: number) {
    this.#session = session;
    this.#epoch = epoch;
  }

  async load(take: (row: StateRow) => Promise<void> | undefined): Promise<void> {
    let last: Pick<StateRow, 'room' | 'key'> | undefined = { room: '', key: '' };
    while (last !== undefined) {
      const { room, key } = last;
      const rows: readonly StateRow[] = await this.#after(() => this.#mending(() => this.#page(room, key)));
      for (const row of rows) {
        const pause = take(row);
        if (pause !== undefined) await pause;
      }
      last = rows.length < rowsPerPage ? undefined : rows.at(-1);
    }
  }

  get lost(): string | undefined {
    return this.#lost;
  }

  #page(room: string, key: string): Promise<readonly StateRow[]> {
    return this.#session.query<StateRow>(page, [room, key]);
  }

  /** Where the table of rows turns out to be damaged it is made anew, and what was asked of it is asked again. */
  async #mending<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isCorrupt(error) || this.#lost !== undefined) throw error;
      const { aside, ...loss } = await mendRows(this.#session, this.#epoch);
      const kept = `it is kept as table ${aside}, and what was lost is rebuilt from git and from what devices say`;
      this.#lost = lossText({ ...loss, what: `fleet_rows of PostgreSQL at ${this.#session.place}`, aside: kept });
      return work();
    }
  }

  read(keys: readonly RowKey[]): Promise<readonly (StateRow | TornRow)[]> {
    return this.#after(async () => {
      const beside = await this.#whatIsBeside();
      const there = keys.filter((key) => beside.has(key));
      if (there.length === 0) return this.#readDocuments(keys);
      const others = keys.filter((key) => !beside.has(key));
      return [...(await beside.read(there)), ...(await this.#readDocuments(others))];
    });
  }

  /** Of many with a torn one among them, each is asked for by itself. */
  async #readDocuments(keys: readonly RowKey[]): Promise<readonly (StateRow | TornRow)[]> {
    try {
      return await this.#session.query<StateRow>(documents, columnsOfKeys(keys));
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      const [only] = keys;
      if (keys.length === 1) return [{ ...only!, error }];
      const found: (StateRow | TornRow)[] = [];
      for (const key of keys) found.push(...(await this.#readDocuments([key])));
      return found;
    }
  }

  #whatIsBeside(): Promise<DocumentsBeside> {
    this.#beside ??= DocumentsBeside.open(this.#session);
    return this.#beside;
  }

  commit(writes: readonly StateWrite[]): Promise<void> {
    return this.#after(() => this.#mending(() => this.#commit(writes)));
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

  /** Where a page is torn: first the documents on it go beside, then, as new ones would be put there too, all that are written. */
  async #commit(writes: readonly StateWrite[]): Promise<void> {
    const newest = newestWrites(writes);
    const asked = newest.filter(isReadOnDemand);
    const tornOf = async () => (await this.#readDocuments(asked)).filter((row) => 'error' in row);
    const places = [async () => [], tornOf, async () => asked];
    for (const [index, moved] of places.entries()) {
      try {
        return await this.#write(newest, await moved());
      } catch (error) {
        if (!isCorrupt(error) || asked.length === 0 || index === places.length - 1) throw error;
      }
    }
  }

  async #write(writes: readonly StateWrite[], moved: readonly RowKey[]): Promise<void> {
    const beside = await this.#whatIsBeside();
    const isMoved = new Set(moved.map(rowName));
    const liesBeside = (write: StateWrite) => beside.has(write) || isMoved.has(rowName(write));
    const [rows, here, there] = [
      writes.filter((write) => !isReadOnDemand(write)),
      writes.filter((write) => isReadOnDemand(write) && !liesBeside(write)),
      writes.filter((write) => isReadOnDemand(write) && liesBeside(write)),
    ];
    if (moved.length > 0) await beside.makeRoom();
    const columns = [rows, here, ...(there.length > 0 ? [there] : [])].flatMap(columnsOf);
    const fence = await this.#session.query(there.length > 0 ? commitBeside : commit, [this.#epoch, ...columns]);
    if (fence.length === 0) {
      throw new StateError(
        'STATE_LEASE_LOST',
        `epoch ${this.#epoch} has passed: another controller leads; not written`,
      );
    }
    beside.note(moved);
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}
