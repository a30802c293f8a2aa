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
  return replaceAside(disk, directory, name, (fresh) => writeAll(disk, fresh, [bytes]));
}

/** Handed to the disk at a time, in much less than a millisecond. */
const stretchBytes = 262_144;

/** The same of what may be hundreds of megabytes: others have their turn after each stretch, `pause` says how. */
export function writePiecesAside(
  disk: Disk,
  directory: string,
  name: string,
  pieces: readonly Uint8Array[],
  pause: () => Promise<void>,
): void | Promise<void> {
  const isShort = pieces.reduce((sum, { length }) => sum + length, 0) <= stretchBytes;
  return replaceAside(disk, directory, name, (fresh) =>
    isShort ? writeAll(disk, fresh, pieces) : writeInTurns(disk, fresh, pieces, pause),
  );
}

function replaceAside(
  disk: Disk,
  directory: string,
  name: string,
  write: (path: string) => void | Promise<void>,
): void | Promise<void> {
  const target = `${directory}/${name}`;
  const fresh = `${target}.new`;
  disk.remove(fresh);
  return andThen(write(fresh), () =>
    andThen(disk.syncAside(fresh), () => {
      disk.rename(fresh, target);
      return disk.syncAside(directory);
    }),
  );
}

function writeAll(disk: Disk, path: string, pieces: readonly Uint8Array[]): void {
  using file = disk.open(path, 'write');
  file.write(0, Buffer.concat(pieces));
}

async function writeInTurns(
  disk: Disk,
  path: string,
  pieces: readonly Uint8Array[],
  pause: () => Promise<void>,
): Promise<void> {
  using file = disk.open(path, 'write');
  let written = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += stretchBytes) {
      file.write(written + at, piece.subarray(at, at + stretchBytes));
      await pause();
    }
    written += piece.length;
  }
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
