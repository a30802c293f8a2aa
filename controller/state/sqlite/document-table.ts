/**
 * Rows that are read on demand, in a table of their own. Where a page of it is torn, its rows can neither be read nor written in
 * their place: what is written to one of them lies beside the table from then on, so that the damage concerns those rows alone.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type RowKey, rowName, StateError, type StateRow, type StateWrite, type TornRow } from '../state-port.ts';
import { guarded } from './database.ts';
import { TableWriter } from './table-writer.ts';

const besideName = 'documents_beside';

/** Made when a row is there for the first time. One without a value covers what can't be deleted. */
const besideTable = `CREATE TABLE IF NOT EXISTS ${besideName}
  (room TEXT NOT NULL, key TEXT NOT NULL, value TEXT, PRIMARY KEY (room, key)) STRICT, WITHOUT ROWID`;

export class DocumentTable {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #get: StatementSync;
  readonly #writer: TableWriter;
  /** Rows that lie beside the table. */
  readonly #beside = new Set<string>();

  constructor(path: string, database: DatabaseSync) {
    this.#path = path;
    this.#database = database;
    this.#get = database.prepare('SELECT value FROM documents WHERE room = ? AND key = ?');
    this.#writer = new TableWriter(database, 'documents');
    const isThere = database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = ?`).get(besideName) !== undefined;
    if (!isThere) return;
    for (const row of database.prepare(`SELECT room, key FROM ${besideName}`).all()) {
      this.#beside.add(rowName(row as unknown as RowKey));
    }
  }

  /** Undefined when there is none. Throws `StateError` on what concerns more than this row. */
  read({ room, key }: RowKey): StateRow | TornRow | undefined {
    try {
      const value = guarded(this.#path, () => this.#valueOf({ room, key }));
      return value === null ? undefined : { room, key, value };
    } catch (error) {
      if (error instanceof StateError && error.code === 'STATE_CORRUPT') return { room, key, error };
      throw error;
    }
  }

  #isBeside(row: RowKey): boolean {
    return this.#beside.size > 0 && this.#beside.has(rowName(row));
  }

  #valueOf({ room, key }: RowKey): string | null {
    const get = this.#isBeside({ room, key })
      ? this.#database.prepare(`SELECT value FROM ${besideName} WHERE room = ? AND key = ?`)
      : this.#get;
    return (get.get(room, key)?.value ?? null) as string | null;
  }

  /** Within a transaction. */
  write(write: StateWrite): void {
    const { room, key, value = null } = write;
    if (!this.#isBeside(write)) return this.#writer.write(write);
    this.#database.exec(besideTable);
    const set = this.#database.prepare(`INSERT OR REPLACE INTO ${besideName} (room, key, value) VALUES (?, ?, ?)`);
    set.run(room, key, value);
  }

  /** The row can't be written in its place: the next write puts it beside. Returns false where it is there already. */
  giveUp(row: RowKey): boolean {
    const before = this.#beside.size;
    return this.#beside.add(rowName(row)).size > before;
  }
}
