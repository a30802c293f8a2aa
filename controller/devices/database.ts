/**
 * The controller's one database file: opened so that every committed change survives a power cut, and so that no second
 * controller can have it at the same time.
 */
import { DatabaseSync } from 'node:sqlite';

/** Why the database cannot be used. */
export type DatabaseErrorCode =
  | 'DATABASE_CORRUPT'
  | 'DATABASE_NEWER'
  | 'DATABASE_LOCKED'
  | 'DATABASE_FULL'
  | 'DATABASE_IO';

/** What every operation on the database throws. */
export class DatabaseError extends Error {
  readonly code: DatabaseErrorCode;
  constructor(code: DatabaseErrorCode, detail: string) {
    super(detail);
    this.name = 'DatabaseError';
    this.code = code;
  }
}

/** SQLite's primary result codes that mean something to an operator. */
const codes: Readonly<Record<number, DatabaseErrorCode>> = {
  5: 'DATABASE_LOCKED',
  6: 'DATABASE_LOCKED',
  11: 'DATABASE_CORRUPT',
  13: 'DATABASE_FULL',
  26: 'DATABASE_CORRUPT',
};

const remedies: Readonly<Record<DatabaseErrorCode, string>> = {
  DATABASE_CORRUPT:
    'move the file away or restore a copy; without it the controller starts anew from git and from what devices report',
  DATABASE_NEWER: 'start the newer controller that wrote it',
  DATABASE_LOCKED: 'another controller has it open; stop that one first',
  DATABASE_FULL: 'make room on its disk',
  DATABASE_IO: 'look at the disk and the permissions of the file',
};

function describe(path: string, code: DatabaseErrorCode, detail: string): DatabaseError {
  return new DatabaseError(code, `${path}: ${detail}; ${remedies[code]}`);
}

/** Runs an operation; whatever SQLite throws comes out as a `DatabaseError`. */
export function guarded<T>(path: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (!(error instanceof Error) || !('errcode' in error)) throw error;
    // The extended result code has the primary one in its low byte.
    throw describe(path, codes[Number(error.errcode) & 0xff] ?? 'DATABASE_IO', error.message);
  }
}

/** One step a version; `user_version` counts the steps a file has taken. Steps are never edited, only added. */
export const migrations: readonly string[] = [
  `CREATE TABLE devices (
     name TEXT PRIMARY KEY,
     issued TEXT,
     envelope TEXT,
     report TEXT,
     report_counter INTEGER,
     contact_at INTEGER,
     connected INTEGER
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE events (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     device TEXT NOT NULL,
     event TEXT NOT NULL
   ) STRICT;
   CREATE INDEX events_of_device ON events (device, id);
   CREATE TABLE refusals (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     at INTEGER NOT NULL,
     subject TEXT NOT NULL,
     refusal TEXT NOT NULL
   ) STRICT;
   CREATE INDEX refusals_of_subject ON refusals (subject, at);
   CREATE TABLE key_values (
     room TEXT NOT NULL,
     key TEXT NOT NULL,
     value BLOB NOT NULL,
     PRIMARY KEY (room, key)
   ) STRICT, WITHOUT ROWID;`,
];

/** How long to wait for a controller that is just going down. */
const lockTimeoutMs = 5000;

function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

function migrate(path: string, database: DatabaseSync): void {
  const version = Number(pragma(database, 'user_version'));
  if (version > migrations.length) {
    throw describe(path, 'DATABASE_NEWER', `its version is ${version}, this controller knows ${migrations.length}`);
  }
  for (let step = version; step < migrations.length; step += 1) {
    database.exec(`BEGIN IMMEDIATE; ${migrations[step]}; PRAGMA user_version = ${step + 1}; COMMIT`);
  }
}

/** Opens or creates the database; `:memory:` is one that nobody keeps. */
export function openDatabase(path: string): DatabaseSync {
  return guarded(path, () => {
    const database = new DatabaseSync(path, { timeout: lockTimeoutMs });
    try {
      database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
      const verdict = pragma(database, 'quick_check(1)');
      if (verdict !== 'ok') throw describe(path, 'DATABASE_CORRUPT', String(verdict));
      migrate(path, database);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}
