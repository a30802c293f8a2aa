import { dirname } from 'node:path/posix';
import type { Disk } from '../../platform/ports.ts';

/** Makes a directory and those above it, each durable before the next. */
export function makeDurableDirectory(disk: Disk, path: string): void {
  if (disk.stat(path)?.kind === 'directory') return;
  const parent = dirname(path);
  if (parent !== path) makeDurableDirectory(disk, parent);
  disk.makeDirectory(path);
  disk.syncDirectory(parent);
}

/** Writes a whole file durably: after a power cut at any moment it holds the old bytes or the new ones. */
export function replaceFile(disk: Disk, path: string, bytes: Uint8Array): void {
  const fresh = `${path}.new`;
  {
    using file = disk.open(fresh, 'write');
    file.truncate(0);
    file.write(0, bytes);
    file.sync();
  }
  disk.rename(fresh, path);
  disk.syncDirectory(dirname(path));
}

/** The file's bytes; undefined when there is none, or it is larger than `bytesMax`. */
export function readSmallFile(disk: Disk, path: string, bytesMax: number): Uint8Array | undefined {
  const stat = disk.stat(path);
  return stat?.kind === 'file' && stat.bytes <= bytesMax ? disk.readFile(path) : undefined;
}
