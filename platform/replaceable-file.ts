/** A place that somebody names for a file that is to be made or replaced there. */
import { dirname } from 'node:path';
import type { Disk } from './ports.ts';

function isFree(disk: Pick<Disk, 'stat'>, path: string): boolean {
  const kind = disk.stat(path)?.kind;
  return kind === undefined || kind === 'file';
}

/**
 * Refuses a place where no file can be, or where anything but a file would give way: a directory, a device. `beside` is written first, and
 * replaces it.
 */
export function requireReplaceable(disk: Pick<Disk, 'stat'>, path: string, beside: string): void {
  const directory = dirname(path);
  if (disk.stat(directory)?.kind !== 'directory')
    throw new Error(`can't write ${path}: there is no directory ${directory}`);
  for (const one of [path, beside]) {
    if (!isFree(disk, one)) throw new Error(`can't write ${path}: ${one} is there and is no file; name another`);
  }
}
