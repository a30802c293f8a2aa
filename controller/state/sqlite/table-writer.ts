/** How rows of one table are written, by room and key. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StateWrite } from '../state-port.ts';

export class TableWriter {
  readonly #set: StatementSync;
  readonly #delete: StatementSync;

  constructor(database: DatabaseSync, table: 'rows' | 'documents') {
    this.#set = database.prepare(
      `INSERT INTO ${table} (room, key, value) VALUES (?, ?, ?)
       ON CONFLICT (room, key) DO UPDATE SET value = excluded.value`,
    );
    this.#delete = database.prepare(`DELETE FROM ${table} WHERE room = ? AND key = ?`);
  }

  write({ room, key, value }: StateWrite): void {
    if (value === undefined) this.#delete.run(room, key);
    else this.#set.run(room, key, value);
  }
}
