/**
 * A damaged state is made anew of what can be read of it, so that the controller starts; what lies in the file besides is set aside:
 *
 *     controller.db              damaged
 *     controller.db.mending      the new one, while it is written
 *     controller.db.mended       the new one, whole; it takes the place of the first, now or at the next start
 *     controller.db.damaged-1    what was damaged, with its log
 *
 * Of a device whose record was lost nothing wrong follows: it is issued a deployment above the highest sequence that it says it saw.
 */
import { type Disk, DiskError } from '../../../platform/ports.ts';
import { lossText } from '../loss.ts';
import { isReadOnDemand, rowName, StateError, type StatePort, type StateRow } from '../state-port.ts';
import { rowsOfPages } from './page-rows.ts';
import { openSqliteState, stateOfRows } from './sqlite-state.ts';
import { readWithLog } from './write-ahead-log.ts';

/** What it takes of a disk. */
export type MendingDisk = Pick<Disk, 'stat' | 'readFile' | 'rename' | 'remove' | 'list' | 'syncDirectory'>;

/** Damaged files that are kept; a disk that fails again and again would be filled with them. */
const damagedKept = 3;

/** A file of SQLite, its log, and what it needs while it has one. */
const suffixes = ['', '-wal', '-shm'] as const;

/** What was saved of a damaged file. */
interface Saved {
  readonly rows: readonly StateRow[];
  readonly pagesTorn: number;
}

/** The rows of a damaged file with its log applied. What two of them claim was not both there: it is nobody's. */
export function savedRows(bytes: Uint8Array): Saved {
  const { rows, rowsBeside, pagesTorn } = rowsOfPages(bytes);
  const byName = new Map<string, StateRow | undefined>();
  for (const row of rows) byName.set(rowName(row), byName.has(rowName(row)) ? undefined : row);
  for (const { room, key, value } of rowsBeside) {
    if (!isReadOnDemand({ room, key })) continue;
    byName.set(rowName({ room, key }), value === null ? undefined : { room, key, value });
  }
  return { rows: [...byName.values()].filter((row) => row !== undefined), pagesTorn };
}

/** What was saved, in words. */
export function savedText(path: string, { rows, pagesTorn }: Saved, aside: string): string {
  return lossText({ what: path, rowsSaved: rows.length, pagesTorn, aside });
}

function removeFile(path: string, disk: MendingDisk): void {
  for (const suffix of suffixes) if (disk.stat(path + suffix) !== undefined) disk.remove(path + suffix);
}

/** A name that no damaged file has yet; the oldest of too many go. */
function nameAside(path: string, disk: MendingDisk): string {
  const cut = path.lastIndexOf('/');
  const beginning = `${path.slice(cut + 1)}.damaged-`;
  const numbers = disk.list(path.slice(0, cut)).flatMap((name) => {
    const digits = name.startsWith(beginning) ? /^[1-9]\d{0,8}$/.exec(name.slice(beginning.length)) : null;
    return digits === null ? [] : [Number(digits[0])];
  });
  const next = Math.max(0, ...numbers) + 1;
  for (const old of numbers) if (old <= next - damagedKept) removeFile(`${path}.damaged-${old}`, disk);
  return `${path}.damaged-${next}`;
}

/** Puts a new state that is whole into its place; goes on where a stop came in between. Returns what is aside. */
function takePlace(path: string, disk: MendingDisk): string | undefined {
  if (disk.stat(`${path}.mended`) === undefined) return undefined;
  const aside = nameAside(path, disk);
  // With the log of another file it would be damaged at once.
  for (const suffix of suffixes) if (disk.stat(path + suffix) !== undefined) disk.rename(path + suffix, aside + suffix);
  disk.rename(`${path}.mended`, path);
  disk.syncDirectory(path.slice(0, path.lastIndexOf('/')));
  return aside;
}

/** Opens the state, making it anew where it is damaged. Throws `StateError` on what is not to be mended by that. */
export function openMendedState(path: string, disk: MendingDisk): StatePort {
  try {
    return openOrMend(path, disk);
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    const code = error.code === 'NO_SPACE' ? 'STATE_FULL' : 'STATE_IO';
    throw new StateError(code, `${path} is damaged, and can't be made anew at present: ${error.message}`);
  }
}

function openOrMend(path: string, disk: MendingDisk): StatePort {
  takePlace(path, disk);
  try {
    return openSqliteState(path);
  } catch (error) {
    if (!(error instanceof StateError) || error.code !== 'STATE_CORRUPT') throw error;
  }
  const saved = savedRows(readWithLog(path, disk));
  const fresh = `${path}.mending`;
  removeFile(fresh, disk);
  void stateOfRows(fresh, saved.rows).close();
  disk.rename(fresh, `${path}.mended`);
  const aside = takePlace(path, disk);
  const where = `it lies in ${aside}, and what was lost is rebuilt from git and from what devices say`;
  return openSqliteState(path, { lost: savedText(path, saved, where) });
}
