/** The default engine of state: one SQLite file, one controller. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StatePort, StateRow, StateWrite } from '../state-port.ts';
import { guarded, openDatabase } from './database.ts';

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
];

class SqliteState implements StatePort {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #set: StatementSync;
  readonly #delete: StatementSync;

  constructor(path: string) {
    this.#path = path;
    this.#database = openDatabase(path, { migrations, durability: 'full' });
    this.#set = this.#database.prepare(
      `INSERT INTO rows (room, key, value) VALUES (?, ?, ?)
       ON CONFLICT (room, key) DO UPDATE SET value = excluded.value`,
    );
    this.#delete = this.#database.prepare('DELETE FROM rows WHERE room = ? AND key = ?');
  }

  async load(take: (row: StateRow) => Promise<void> | undefined): Promise<void> {
    const rows = guarded(this.#path, () => this.#database.prepare('SELECT room, key, value FROM rows').iterate());
    for (;;) {
      const next = guarded(this.#path, () => rows.next());
      if (next.done) return;
      const pause = take(next.value as unknown as StateRow);
      if (pause !== undefined) await pause;
    }
  }

  async commit(writes: readonly StateWrite[]): Promise<void> {
    guarded(this.#path, () => this.#transaction(writes));
  }

  #transaction(writes: readonly StateWrite[]): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      for (const { room, key, value } of writes) {
        if (value === undefined) this.#delete.run(room, key);
        else this.#set.run(room, key, value);
      }
      this.#database.exec('COMMIT');
    } catch (error) {
      // SQLite may have rolled back by itself, for instance when the disk is full.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }
}

/** Opens or creates the state. Throws `StateError` when the file is corrupt, newer than this program, or in use. */
export function openSqliteState(path: string): StatePort {
  return new SqliteState(path);
}
