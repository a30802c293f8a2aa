/** Replacing a file so that a power cut leaves the old content or the new, never a mixture and never neither. */
import { andThen } from './and-then.ts';
import type { Disk } from './ports.ts';

/** Writes beside the target, syncs, renames over it, and syncs the directory; durable when it returns. */
export function writeFileDurably(disk: Disk, directory: string, name: string, bytes: Uint8Array): void {
  const target = `${directory}/${name}`;
  const fresh = `${target}.new`;
  disk.remove(fresh);
  {
    using file = disk.open(fresh, 'write');
    file.write(0, bytes);
    file.sync();
  }
  disk.rename(fresh, target);
  disk.syncDirectory(directory);
}

/** As `writeFileDurably`, while the thread is free for others; nobody else may write the same file meanwhile. */
export function writeFileAside(disk: Disk, directory: string, name: string, bytes: Uint8Array): void | Promise<void> {
  const target = `${directory}/${name}`;
  const fresh = `${target}.new`;
  disk.remove(fresh);
  {
    using file = disk.open(fresh, 'write');
    file.write(0, bytes);
  }
  return andThen(disk.syncAside(fresh), () => {
    disk.rename(fresh, target);
    return disk.syncAside(directory);
  });
}

/** Creates a directory and its parents, each entry durable when it returns, unless it was there. */
export function makeDirectoryDurably(disk: Disk, directory: string): void {
  if (disk.stat(directory) !== undefined) return;
  const parent = directory.slice(0, directory.lastIndexOf('/')) || '/';
  if (parent !== directory) makeDirectoryDurably(disk, parent);
  disk.makeDirectory(directory);
  disk.syncDirectory(parent);
}

/**
 * As `makeDirectoryDurably`, and all names in the directory are durable when it returns. A process that was killed may have
 * left names that are only in the disk's cache: what is read here must not be what a power cut can still take back.
 */
export function openDirectoryDurably(disk: Disk, directory: string): void {
  makeDirectoryDurably(disk, directory);
  disk.syncDirectory(directory);
}
