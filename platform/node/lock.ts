/**
 * Locks between processes, by the only file lock that Node reaches without native code: the one that SQLite takes on its
 * database. The kernel gives it back when its holder is gone, kill -9 included; it counts wherever the file is seen, also from
 * another network namespace or container on the same volume. The file is the owner's alone: who may read it could keep others from
 * taking it.
 *
 * The file stays empty, so there is nothing in it that could rot. On a disk that takes no file any more the directory itself is held
 * where a program asks whether it may begin, and no lock is waited for: what is there must start all the same.
 */
import { accessSync, chmodSync, closeSync, constants, existsSync, openSync, statSync, truncateSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { nodeClock } from './clock.ts';
import { holdDirectory, isDirectoryHeld } from './directory-hold.ts';

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

const ownerOnly = 0o600;

/** Makes the file, or takes from others what they may do with it. One that is there is not opened: to close it would let go of a lock of this process. */
function keepOthersOut(path: string): void {
  try {
    if (!existsSync(path)) closeSync(openSync(path, 'wx', ownerOnly));
    else if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, ownerOnly);
  } catch {
    // Another one makes it at this moment, it is somebody else's, or the disk takes nothing: what that means is seen next.
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Takes it now or within `patienceMs`, in which nothing else happens; undefined when somebody else holds it. */
function take(path: string, patienceMs: number): Lock | 'unwritable' | undefined {
  keepOthersOut(path);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: patienceMs });
    // Twenty pages are set aside for what there is never anything of: small ones, or a lock takes 140 KB.
    database.exec('PRAGMA page_size = 512; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if (codeOf(error) === code.busy) return undefined;
    if (unwritable.includes(codeOf(error))) return 'unwritable';
    if (codeOf(error) !== code.notADatabase) throw error;
    truncateSync(path);
    return take(path, patienceMs);
  }
  // SQLite then took it for reading, which excludes nobody who does the same.
  if (!isWritable(path)) {
    database.close();
    return 'unwritable';
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
  const lock = take(pathOf(directory, name), askedMsMax);
  return lock === 'unwritable' ? holdDirectory(directory) : lock;
}

/** Whether anybody holds the lock; one who is about to take it is not kept from it. */
export function isLocked(directory: string, name: string): boolean {
  return isFileLocked(pathOf(directory, name)) || isDirectoryHeld(directory);
}

function isFileLocked(path: string): boolean {
  if (!existsSync(path)) return false;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0, readOnly: true });
    database.exec('SELECT 1 FROM sqlite_schema');
    return false;
  } catch (error) {
    if (codeOf(error) === code.busy) return true;
    if (codeOf(error) === code.notADatabase || unwritable.includes(codeOf(error))) return false;
    throw error;
  } finally {
    database?.close();
  }
}

/** Takes the lock as soon as whoever holds it is gone. */
export async function waitForLock(directory: string, name: string): Promise<Lock> {
  for (;;) {
    const lock = take(pathOf(directory, name), 0);
    if (lock === 'unwritable') return noLock;
    if (lock !== undefined) return lock;
    await nodeClock.sleep(retryMs);
  }
}
