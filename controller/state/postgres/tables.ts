/** The tables, brought up to what this program knows; by one controller at a time. */
import { stateError } from './postgres-error.ts';
import type { Session } from './session.ts';

/**
 * One step a version; `fleet_version` counts the steps that were taken. Steps are never edited, only added.
 *
 * The epoch of the lease is its key: a commit, which holds on to the key, bars a new epoch until it is through, and no renewal.
 */
const migrations: readonly string[] = [
  `CREATE TABLE fleet_rows (room text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL, value text NOT NULL,
     PRIMARY KEY (room, key));
   CREATE TABLE fleet_lease (epoch bigint PRIMARY KEY, single boolean NOT NULL UNIQUE CHECK (single),
     holder text NOT NULL, expires_at timestamptz NOT NULL);
   INSERT INTO fleet_lease VALUES (0, true, '', '-infinity')`,
  `CREATE TABLE fleet_documents (room text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL, value text NOT NULL,
     PRIMARY KEY (key, room));
   INSERT INTO fleet_documents SELECT room, key, value FROM fleet_rows WHERE room = 'history';
   DELETE FROM fleet_rows WHERE room = 'history'`,
];

/** Locks of the database that controllers know each other by. */
const lockKeys = { tables: 7_316_201, alone: 7_316_202 } as const;

const version = { name: 'version', text: 'SELECT steps, current_setting($1) AS encoding FROM fleet_version' } as const;

async function stepOn(session: Session): Promise<void> {
  await session.run(`CREATE TABLE IF NOT EXISTS fleet_version (steps integer NOT NULL);
    INSERT INTO fleet_version SELECT 0 WHERE NOT EXISTS (SELECT FROM fleet_version)`);
  const [row] = await session.query<{ steps: number; encoding: string }>(version, ['server_encoding']);
  const { steps, encoding } = row!;
  if (encoding !== 'UTF8') {
    throw stateError('STATE_REFUSED', session.place, `the encoding of the database is ${encoding}, it must be UTF8`);
  }
  if (steps > migrations.length) {
    const detail = `its version is ${steps}, this controller knows ${migrations.length}`;
    throw stateError('STATE_NEWER', session.place, detail);
  }
  for (const [index, step] of migrations.entries()) {
    if (index >= steps) await session.run(`BEGIN; ${step}; UPDATE fleet_version SET steps = ${index + 1}; COMMIT`);
  }
}

/** Holds a lock of the database meanwhile; it goes with the connection, too. */
async function holding<T>(session: Session, key: number, work: () => Promise<T>): Promise<T> {
  await session.run(`SELECT pg_advisory_lock(${key})`);
  try {
    return await work();
  } finally {
    await session.run(`SELECT pg_advisory_unlock(${key})`);
  }
}

/** Makes or migrates the tables. */
export function prepareTables(session: Session): Promise<void> {
  return holding(session, lockKeys.tables, () => stepOn(session));
}

/** Does something while no other controller of this database does. */
export function doAlone<T>(session: Session, work: () => Promise<T>): Promise<T> {
  return holding(session, lockKeys.alone, work);
}
