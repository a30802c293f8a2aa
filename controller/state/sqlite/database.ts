/**
 * SQLite files of the controller: opened so that no second controller can have them at the same time, with errors that an
 * operator can act on.
 */
import { DatabaseSync } from 'node:sqlite';
import { StateError, type StateErrorCode } from '../state-port.ts';

/** What can be wrong with a file; the other codes are of databases with a server. */
type FileErrorCode = Exclude<
  StateErrorCode,
  'STATE_UNREACHABLE' | 'STATE_UNTRUSTED' | 'STATE_REFUSED' | 'STATE_LEASE_LOST'
>;

/** SQLite's primary result codes that mean something to an operator. */
const codes: Readonly<Record<number, FileErrorCode>> = {
  5: 'STATE_LOCKED',
  6: 'STATE_LOCKED',
  11: 'STATE_CORRUPT',
  13: 'STATE_FULL',
  26: 'STATE_CORRUPT',
};

const remedies: Readonly<Record<FileErrorCode, string>> = {
  STATE_CORRUPT:
    'move the file away or restore a copy; without it the controller starts anew from git and from what devices report',
  STATE_NEWER: 'start the newer controller that wrote it',
  STATE_LOCKED:
    'another controller has it open: stop that one first; or its disk knows no locks, as NFS may: mount it with locks',
  STATE_FULL: 'make room on its disk',
  STATE_IO: 'look at the disk and the permissions of the file',
};

function describe(path: string, code: FileErrorCode, detail: string): StateError {
  return new StateError(code, `${path}: ${detail}; ${remedies[code]}`);
}

/** SQLite's primary result code of an error of its own; the extended one has it in its low byte. */
function codeOf(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined;
}

/** Whether SQLite found its file damaged. */
export function isCorrupt(error: unknown): boolean {
  return codes[codeOf(error) ?? 0] === 'STATE_CORRUPT';
}

/** Runs an operation; whatever SQLite throws comes out as a `StateError`. */
export function guarded<T>(path: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    throw describe(path, codes[code] ?? 'STATE_IO', (error as Error).message);
  }
}

/** How long to wait for a controller that is just going down. */
const lockMsMax = 5000;

function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

/** How many steps a file has taken. */
function knownVersion(path: string, database: DatabaseSync, migrations: readonly string[]): number {
  const version = Number(pragma(database, 'user_version'));
  if (version <= migrations.length) return version;
  throw describe(path, 'STATE_NEWER', `its version is ${version}, this controller knows ${migrations.length}`);
}

function migrate(database: DatabaseSync, migrations: readonly string[], version: number): void {
  for (let step = version; step < migrations.length; step += 1) {
    database.exec(`BEGIN IMMEDIATE; ${migrations[step]}; PRAGMA user_version = ${step + 1}; COMMIT`);
  }
}

/** Looks for damage: in one table where it is there, else in all. */
function check(path: string, database: DatabaseSync, table: string | undefined): void {
  const isThere = database.prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?`).get(table ?? '');
  const verdict = pragma(database, `quick_check(${isThere === undefined ? 1 : table})`);
  if (verdict !== 'ok') throw describe(path, 'STATE_CORRUPT', String(verdict));
}

/** How a file is opened. */
export interface DatabaseOptions {
  /** One step a version; `user_version` counts the steps a file has taken. Steps are never edited, only added. */
  readonly migrations: readonly string[];
  /** The one table that nobody can do without: what is wrong with others is found by who reads them. Without it all are looked at. */
  readonly checked?: string;
  /** How long to wait for who has it open; some seconds if it is not said. */
  readonly lockMsMax?: number;
  /** `full`: a committed change survives a power cut. `normal`: the file stays whole, the last changes may be lost. */
  readonly durability: 'full' | 'normal';
}

function openedWith(
  path: string,
  database: DatabaseSync,
  { migrations, checked }: DatabaseOptions,
  prepare: () => void,
) {
  return guarded(path, () => {
    try {
      prepare();
      const version = knownVersion(path, database, migrations);
      check(path, database, checked);
      migrate(database, migrations, version);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** Opens or creates a database; `:memory:` is one that nobody keeps. */
export function openDatabase(path: string, options: DatabaseOptions): DatabaseSync {
  const database = guarded(path, () => new DatabaseSync(path, { timeout: options.lockMsMax ?? lockMsMax }));
  return openedWith(path, database, options, () => {
    // Counts for a new file alone: of rows of 2 to 3 kB, pages of 4 kB would hold one each.
    database.exec('PRAGMA page_size = 8192');
    database.exec(
      `PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = ${options.durability}`,
    );
  });
}

/** A database in memory that begins with the bytes of a file, which is called `path` in errors. */
export function openBytes(path: string, bytes: Uint8Array, options: DatabaseOptions): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  return openedWith(path, database, options, () => database.deserialize(bytes));
}
