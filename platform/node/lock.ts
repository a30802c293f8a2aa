/**
 * Locks between processes, by the only file lock that Node reaches without native code: the one that SQLite takes on its
 * database. The kernel gives it back when its holder is gone, kill -9 included; it counts wherever the file is seen, also from
 * another network namespace or container on the same volume, and whoever may not write there can't take it.
 *
 * The file stays empty, so there is nothing in it that could rot. On a disk that takes no file any more there is no lock, and none
 * is waited for: what is there must start all the same.
 */
import { existsSync, truncateSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { nodeClock } from './clock.ts';

/** Held until disposed or until the process ends, however it ends. */
export type Lock = Disposable;

/** SQLite's primary result codes: https://sqlite.org/rescode.html */
const code = { busy: 5, readOnly: 8, io: 10, full: 13, cantOpen: 14, notADatabase: 26 };
const unwritable: readonly number[] = [code.readOnly, code.io, code.full, code.cantOpen];

/** Whoever only asks is in the way for an instant. */
const askedMsMax = 1_000;
const retryMs = 25;

/** Keeps what is held from the garbage collector, which would let go of it. */
const held = new Set<DatabaseSync>();

function codeOf(error: unknown): number {
  return ((error as { errcode?: number }).errcode ?? 0) & 0xff;
}

function pathOf(directory: string, name: string): string {
  return `${directory}/${name}.lock`;
}

const noLock: Lock = { [Symbol.dispose]: () => {} };

/** Takes it now or within `patienceMs`, in which nothing else happens; undefined when somebody else holds it. */
function take(path: string, patienceMs: number): Lock | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: patienceMs });
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if (codeOf(error) === code.busy) return undefined;
    if (unwritable.includes(codeOf(error))) return noLock;
    if (codeOf(error) !== code.notADatabase) throw error;
    truncateSync(path);
    return take(path, patienceMs);
  }
  const taken = database;
  held.add(taken);
  return {
    [Symbol.dispose]: () => {
      held.delete(taken);
      if (taken.isOpen) taken.close();
    },
  };
}

/** Takes the lock `name` of a directory that exists; undefined while another process (or this one) holds it. */
export function takeLock(directory: string, name: string): Lock | undefined {
  return take(pathOf(directory, name), askedMsMax);
}

/** Whether anybody holds the lock; one who is about to take it is not kept from it. */
export function isLocked(directory: string, name: string): boolean {
  const path = pathOf(directory, name);
  if (!existsSync(path)) return false;
  const database = new DatabaseSync(path, { timeout: 0, readOnly: true });
  try {
    database.exec('SELECT 1 FROM sqlite_schema');
    return false;
  } catch (error) {
    if (codeOf(error) === code.busy) return true;
    if (codeOf(error) === code.notADatabase) return false;
    throw error;
  } finally {
    database.close();
  }
}

/** Takes the lock as soon as whoever holds it is gone. */
export async function waitForLock(directory: string, name: string): Promise<Lock> {
  for (;;) {
    const lock = take(pathOf(directory, name), 0);
    if (lock !== undefined) return lock;
    await nodeClock.sleep(retryMs);
  }
}
