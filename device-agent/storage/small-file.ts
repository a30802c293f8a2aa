import type { Disk } from '../../platform/ports.ts';

/** The file's bytes; undefined when there is none, or it is larger than `bytesMax`. */
export function readSmallFile(disk: Disk, path: string, bytesMax: number): Uint8Array | undefined {
  const stat = disk.stat(path);
  return stat?.kind === 'file' && stat.bytes <= bytesMax ? disk.readFile(path) : undefined;
}
