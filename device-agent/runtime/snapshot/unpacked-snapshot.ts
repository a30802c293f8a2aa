import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import {
  digestBytes,
  notUnpacked,
  readDigested,
  requireDigest,
  type Snapshot,
  splitSnapshot,
} from '../../../artifact/snapshot/snapshot.ts';
import type { KeptState } from './kept-state.ts';
import { readWhole } from './read-whole.ts';

const decompress = promisify(zstdDecompress);

/** How others have their turn meanwhile. */
export interface Pauses {
  readonly giveWay: () => Promise<void> | undefined;
  /** Waits for something outside of a turn. */
  readonly during: <T>(work: Promise<T>) => Promise<T>;
}

/** The snapshot in a file, read and digested a piece at a time and unpacked beside the thread. Throws a SnapshotError, or as the disk does. */
export async function unpackedSnapshot(
  file: Pick<KeptState, 'length' | 'pieces'>,
  memoryPagesMax: number,
  { giveWay, during }: Pauses,
): Promise<Snapshot> {
  const hash = createHash('sha256');
  const end = file.length - digestBytes;
  const whole = await readWhole(file, giveWay, (piece, at) => hash.update(piece.subarray(0, Math.max(0, end - at))));
  const { digested, digest } = splitSnapshot(whole);
  requireDigest(hash.digest(), digest);
  const { compressed, bytes, whole: snapshotOf } = readDigested(digested, memoryPagesMax);
  const unpacking = decompress(compressed, { maxOutputLength: Math.max(1, bytes) });
  return snapshotOf(
    await during(
      unpacking.catch((error: Error) => {
        throw notUnpacked(error);
      }),
    ),
  );
}
