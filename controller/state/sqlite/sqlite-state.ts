/** The default engine of state: one SQLite file, one controller. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import {
  isReadOnDemand,
  type RowKey,
  type StatePort,
  type StateRow,
  type StateWrite,
  type TornRow,
} from '../state-port.ts';
import { type DatabaseOptions, guarded, isCorrupt, openBytes, openDatabase } from './database.ts';
import { DocumentTable } from './document-table.ts';
import { TableWriter } from './table-writer.ts';

/**
 * A row has an id of its own so that SQLite keeps it in the leaf pages of a table: under a key of text, values of a
 * kilobyte would each take an overflow page.
 */
const migrations: readonly string[] = [
  // The tables of the first release, which the next step reads.
  `CREATE TABLE devices (name TEXT PRIMARY KEY, issued TEXT, envelope TEXT, report TEXT, report_counter INTEGER,
     contact_at INTEGER, connected INTEGER) STRICT, WITHOUT ROWID;
   CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT NOT NULL, event TEXT NOT NULL) STRICT;
   CREATE TABLE refusals (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, subject TEXT NOT NULL,
     refusal TEXT NOT NULL) STRICT;
   CREATE TABLE key_values (room TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (room, key))
     STRICT, WITHOUT ROWID`,
  `CREATE TABLE rows (id INTEGER PRIMARY KEY, room TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL) STRICT;
   CREATE UNIQUE INDEX rows_by_key ON rows (room, key);
   INSERT INTO rows (room, key, value)
     SELECT 'device', name, json_object('issued', json(issued), 'envelope', envelope, 'contactAt', contact_at)
     FROM devices WHERE issued IS NOT NULL;
   INSERT INTO rows (room, key, value)
     SELECT 'revision', 'in-force', json_extract(CAST(value AS TEXT), '$.info')
     FROM key_values WHERE room = 'revision' AND key = 'in-force';
   INSERT INTO rows (room, key, value)
     SELECT 'source', 'state', CAST(value AS TEXT) FROM key_values WHERE room = 'source' AND key = 'state';
   DROP TABLE devices; DROP TABLE events; DROP TABLE refusals; DROP TABLE key_values`,
  // What is read on demand in a table of its own: a start reads through the other one.
  `CREATE TABLE documents (id INTEGER PRIMARY KEY, room TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL) STRICT;
   CREATE UNIQUE INDEX documents_by_key ON documents (key, room);
   INSERT INTO documents (room, key, value) SELECT room, key, value FROM rows WHERE room = 'history';
   DELETE FROM rows WHERE room = 'history'`,
];

const options: DatabaseOptions = { migrations, durability: 'full', checked: 'rows' };

/** Rows that are loaded at once. */
const rowsPerPage = 1_000;

class SqliteState implements StatePort {
  readonly lost: string | undefined;
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #page: StatementSync;
  readonly #rows: TableWriter;
  readonly #documents: DocumentTable;

  constructor(path: string, database: DatabaseSync, lost?: string) {
    this.lost = lost;
    this.#path = path;
    this.#database = database;
    this.#page = this.#database.prepare(
      `SELECT id, room, key, value FROM rows WHERE id > ? ORDER BY id LIMIT ${rowsPerPage}`,
    );
    this.#rows = new TableWriter(this.#database, 'rows');
    this.#documents = new DocumentTable(path, this.#database);
  }

  async load(take: (row: StateRow) => Promise<void> | undefined): Promise<void> {
    let last = -1;
    for (;;) {
      const rows = guarded(this.#path, () => this.#page.all(last)) as unknown as (StateRow & { readonly id: number })[];
      for (const row of rows) {
        const pause = take(row);
        if (pause !== undefined) await pause;
      }
      if (rows.length < rowsPerPage) return;
      last = rows.at(-1)!.id;
    }
  }

  async read(keys: readonly RowKey[]): Promise<readonly (StateRow | TornRow)[]> {
    return keys.map((key) => this.#documents.read(key)).filter((row) => row !== undefined);
  }

  /** At once, before anybody else has it. */
  fill(rows: readonly StateRow[]): void {
    guarded(this.#path, () => this.#transaction(rows));
  }

  async commit(writes: readonly StateWrite[]): Promise<void> {
    // Each try gives up the place of one more document.
    while (!guarded(this.#path, () => this.#transaction(writes)));
  }

  /** Whether it was committed; if not, it may be tried again. */
  #transaction(writes: readonly StateWrite[]): boolean {
    let document: StateWrite | undefined;
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      for (const write of writes) {
        document = isReadOnDemand(write) ? write : undefined;
        if (document === undefined) this.#rows.write(write);
        else this.#documents.write(document);
      }
      document = undefined;
      this.#database.exec('COMMIT');
      return true;
    } catch (error) {
      // SQLite may have rolled back by itself, for instance when the disk is full.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      if (document !== undefined && isCorrupt(error) && this.#documents.giveUp(document)) return false;
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }
}

/** Its statements read what tables there are, which may be damaged as well. */
function stateOver(path: string, database: DatabaseSync, lost?: string): SqliteState {
  try {
    return guarded(path, () => new SqliteState(path, database, lost));
  } catch (error) {
    database.close();
    throw error;
  }
}

/** How a file is opened; `lost` is what of it was lost before, in words. */
export interface OpenOptions extends Pick<DatabaseOptions, 'lockMsMax'> {
  readonly lost?: string | undefined;
}

/** Opens or creates the state. Throws `StateError` when the file is corrupt, newer than this program, or in use. */
export function openSqliteState(path: string, { lost, ...waiting }: OpenOptions = {}): StatePort {
  return stateOver(path, openDatabase(path, { ...options, ...waiting }), lost);
}

/** A state in memory that begins with what a file of these bytes would hold. */
export function stateOfBytes(path: string, bytes: Uint8Array): StatePort {
  return stateOver(path, openBytes(path, bytes, options));
}

/** A new state with these rows; one that is called `:memory:` nobody keeps. */
export function stateOfRows(path: string, rows: readonly StateRow[], lost?: string): StatePort {
  const state = stateOver(path, openDatabase(path, options), lost);
  try {
    state.fill(rows);
    return state;
  } catch (error) {
    void state.close();
    throw error;
  }
}
