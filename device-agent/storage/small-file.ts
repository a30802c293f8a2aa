import type { Disk } from '../../platform/ports.ts';
import { readIfPossible } from './mend.ts';

/** The file's bytes; undefined when there is none, it is larger than `bytesMax`, or the medium went bad below it. */
export function readSmallFile(disk: Disk, path: string, bytesMax: number): Uint8Array | undefined {
  const stat = disk.stat(path);
  if (stat?.kind !== 'file' || stat.bytes > bytesMax) return undefined;
  return readIfPossible(() => disk.readFile(path));
}
