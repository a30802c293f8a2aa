/** What SQLite alone takes for the rows of a state: a loop that writes them in batches as the engine does, and one that reads them. */
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import type { Figures } from '../part.ts';

const rowsPerCommit = 256;

type Row = Record<string, SQLOutputValue>;

function cpuSecondsOf(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1e6;
}

function writeAll(database: DatabaseSync, rows: readonly Row[]): void {
  const set = database.prepare('INSERT INTO rows (room, key, value) VALUES (?, ?, ?)');
  for (let at = 0; at < rows.length; at += rowsPerCommit) {
    database.exec('BEGIN IMMEDIATE');
    for (const { room, key, value } of rows.slice(at, at + rowsPerCommit)) set.run(room!, key!, value!);
    database.exec('COMMIT');
  }
}

/** `file` is a state that nobody has open. */
export function sqliteFloor(file: string, directory: string): Figures {
  const state = new DatabaseSync(file, { readOnly: true });
  let rows: readonly Row[] = [];
  const readCpuS = cpuSecondsOf(() => {
    rows = [...state.prepare("SELECT room, key, value FROM rows WHERE room = 'device'").iterate()];
  });
  state.close();
  const database = new DatabaseSync(`${directory}/floor.sqlite`);
  database.exec(`PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = full;
    CREATE TABLE rows (id INTEGER PRIMARY KEY, room TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL) STRICT;
    CREATE UNIQUE INDEX rows_by_key ON rows (room, key)`);
  const writeCpuS = cpuSecondsOf(() => writeAll(database, rows));
  database.close();
  return { readCpuS, writeCpuS };
}
