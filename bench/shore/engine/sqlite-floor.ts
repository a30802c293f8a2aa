/** What SQLite alone takes for a state: a loop that writes its rows in batches as the engine does, and one that reads what a start loads. */
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

const tables = ['rows', 'documents'] as const;

function writeAll(database: DatabaseSync, table: (typeof tables)[number], rows: readonly Row[]): void {
  const set = database.prepare(`INSERT INTO ${table} (room, key, value) VALUES (?, ?, ?)`);
  for (let at = 0; at < rows.length; at += rowsPerCommit) {
    database.exec('BEGIN IMMEDIATE');
    for (const { room, key, value } of rows.slice(at, at + rowsPerCommit)) set.run(room!, key!, value!);
    database.exec('COMMIT');
  }
}

function tableOf(name: (typeof tables)[number]): string {
  return `CREATE TABLE ${name} (id INTEGER PRIMARY KEY, room TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL) STRICT;
    CREATE UNIQUE INDEX ${name}_by_key ON ${name} (room, key)`;
}

/** `file` is a state that nobody has open. What is read on demand is read too, and not counted. */
export function sqliteFloor(file: string, directory: string): Figures {
  const state = new DatabaseSync(file, { readOnly: true });
  const readAll = (table: (typeof tables)[number]) => state.prepare(`SELECT room, key, value FROM ${table}`).all();
  let rows: readonly Row[] = [];
  const readCpuS = cpuSecondsOf(() => {
    rows = readAll('rows');
  });
  const documents = readAll('documents');
  state.close();
  const database = new DatabaseSync(`${directory}/floor.sqlite`);
  database.exec(`PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = full;
    ${tables.map(tableOf).join(';')}`);
  const writeCpuS = cpuSecondsOf(() => {
    writeAll(database, 'rows', rows);
    writeAll(database, 'documents', documents);
  });
  database.close();
  return { readCpuS, writeCpuS };
}
