/**
 * A process of the simulated world. When it is killed, nothing of it acts any more: its timers never fire, and every
 * operation on what outlives it (a disk, a database) throws, so that what it was in the middle of ends there.
 */
import type { Disk, DiskFile } from '../../platform/ports.ts';
import type { Life } from '../../platform/simulated/clock.ts';
import { PowerCut } from './sim-disk.ts';

/** A life that tells once how it ended, when the ground it stands on ended it. */
export interface ProcessLife extends Life {
  /** Called when an operation threw `PowerCut` while it was alive. */
  onEnd: () => void;
}

/** One operation of a process on what outlives it. */
export function guarded<T>(life: ProcessLife, operation: () => T): T {
  if (!life.alive) throw new PowerCut();
  try {
    return operation();
  } catch (error) {
    if (error instanceof PowerCut && life.alive) {
      life.alive = false;
      life.onEnd();
    }
    throw error;
  }
}

function fileOf(life: ProcessLife, file: DiskFile): DiskFile {
  const close = (): void => {
    if (life.alive) file.close();
  };
  return {
    read: (position, length) => guarded(life, () => file.read(position, length)),
    write: (position, bytes) => guarded(life, () => file.write(position, bytes)),
    truncate: (bytes) => guarded(life, () => file.truncate(bytes)),
    size: () => guarded(life, () => file.size()),
    sync: () => guarded(life, () => file.sync()),
    close,
    [Symbol.dispose]: close,
  };
}

/** The disk as one process has it. */
export function diskOf(life: ProcessLife, disk: Disk): Disk {
  return {
    open: (path, mode) =>
      fileOf(
        life,
        guarded(life, () => disk.open(path, mode)),
      ),
    readFile: (path) => guarded(life, () => disk.readFile(path)),
    stat: (path) => guarded(life, () => disk.stat(path)),
    list: (path) => guarded(life, () => disk.list(path)),
    makeDirectory: (path) => guarded(life, () => disk.makeDirectory(path)),
    rename: (from, to) => guarded(life, () => disk.rename(from, to)),
    remove: (path) => guarded(life, () => disk.remove(path)),
    removeAside: (path) => guarded(life, () => disk.removeAside(path)),
    syncDirectory: (path) => guarded(life, () => disk.syncDirectory(path)),
    syncAside: (path) => guarded(life, () => disk.syncAside(path)),
    freeBytes: (path) => guarded(life, () => disk.freeBytes(path)),
  };
}
