/**
 * What a controller does besides writing its state, done only while it is certain that no other leads: what it says to devices,
 * and the files that controllers share. A program that was stopped and wakes up goes on where it was, and learns late.
 */
import { type Disk, DiskError } from '../../platform/ports.ts';
import type { Term } from './leadership.ts';
import { StateError } from './state-port.ts';

const doubt = 'another controller may lead by now; it is done once the lease is renewed, or by the one that leads';

/** Throws when another may lead. */
export function assertLeading(term: Pick<Term, 'isHeld'>): void {
  if (!term.isHeld()) throw new StateError('STATE_LEASE_LOST', `not done: ${doubt}`);
}

/** A disk that is read always, and written while the term is held. */
export function diskWhileLeading(disk: Disk, term: Pick<Term, 'isHeld'>): Disk {
  const check = (path: string): void => {
    if (!term.isHeld()) throw new DiskError('NOT_PERMITTED', path, `not written: ${doubt}`);
  };
  return {
    open(path, mode) {
      if (mode === 'write') check(path);
      return disk.open(path, mode);
    },
    readFile: (path) => disk.readFile(path),
    stat: (path) => disk.stat(path),
    list: (path) => disk.list(path),
    freeBytes: (path) => disk.freeBytes(path),
    makeDirectory(path) {
      check(path);
      disk.makeDirectory(path);
    },
    rename(from, to) {
      check(to);
      disk.rename(from, to);
    },
    remove(path) {
      check(path);
      disk.remove(path);
    },
    removeAside(path) {
      check(path);
      return disk.removeAside(path);
    },
    syncDirectory: (path) => disk.syncDirectory(path),
    syncAside: (path) => disk.syncAside(path),
  };
}
