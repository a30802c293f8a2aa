/** A judged tree in a file, written and opened in turns. What is torn or by another judge is not opened. */

import type { Disk, DiskFile } from '../../platform/ports.ts';
import type { Turn } from '../../platform/turn.ts';
import { runInTurns } from '../manifests/steps.ts';
import { type JudgedTree, openJudgedTree, writeJudgedTree } from '../manifests/stored/judged-tree.ts';

/** A larger file is none of ours: it has some 700 bytes a device. */
const fileBytesMax = 1024 * 1024 * 1024;

/** Files that differ from what is kept before it is written anew: a few, and one in so many. They are laid over it instead. */
const differingMin = 256;
const differingShare = 64;

/** Whether so many files that differ are too few to write the whole tree for. */
export function hardlyDiffers(differing: number, { files }: JudgedTree['tree']): boolean {
  return differing <= differingMin + files.size / differingShare;
}

/** Bytes that are read in one step. */
const readBytes = 1024 * 1024;

async function readWhole(file: DiskFile, length: number, turn: Turn): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; at += readBytes) {
    bytes.set(file.read(at, Math.min(readBytes, length - at)), at);
    await turn.rest();
  }
  return bytes;
}

/** Undefined where there is nothing that can be opened. Throws `DiskError`. */
export async function readJudgedFile(disk: Disk, path: string, turn: Turn): Promise<JudgedTree | undefined> {
  const stat = disk.stat(path);
  if (stat?.kind !== 'file' || stat.bytes > fileBytesMax) return undefined;
  using file = disk.open(path, 'read');
  return runInTurns(openJudgedTree(await readWhole(file, stat.bytes, turn)), turn);
}

/** Where a file is written, by way of a fresh one that takes its place when it is whole. */
export interface JudgedFilePlace {
  readonly path: string;
  readonly fresh: string;
}

/**
 * Throws `DiskError`, and the reason of `signal`. Not synced: a file that a power cut tore is seen to be torn, and waiting for the
 * medium would hold up everybody.
 */
export async function writeJudgedFile(
  disk: Disk,
  { path, fresh }: JudgedFilePlace,
  judged: JudgedTree,
  turn: Turn,
  signal?: AbortSignal,
): Promise<void> {
  disk.remove(fresh);
  try {
    {
      using file = disk.open(fresh, 'write');
      let at = 0;
      const put = (bytes: Uint8Array): void => {
        signal?.throwIfAborted();
        file.write(at, bytes);
        at += bytes.length;
      };
      await runInTurns(writeJudgedTree(judged, put), turn);
    }
    disk.rename(fresh, path);
  } finally {
    disk.remove(fresh);
  }
}
