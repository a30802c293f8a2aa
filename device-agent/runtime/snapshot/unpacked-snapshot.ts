import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import {
  notUnpacked,
  readDigested,
  requireDigest,
  type Snapshot,
  splitSnapshot,
} from '../../../artifact/snapshot/snapshot.ts';

const decompress = promisify(zstdDecompress);

/** Digested at a time, in much less than a millisecond. */
const pieceBytes = 262_144;

/** How others have their turn meanwhile. */
export interface Pauses {
  readonly giveWay: () => Promise<void> | undefined;
  /** Waits for something outside of a turn. */
  readonly during: <T>(work: Promise<T>) => Promise<T>;
}

/** The snapshot in a file, digested a piece at a time and unpacked beside the thread. Throws a SnapshotError. */
export async function unpackedSnapshot(
  file: Uint8Array,
  memoryPagesMax: number,
  { giveWay, during }: Pauses,
): Promise<Snapshot> {
  const { digested, digest } = splitSnapshot(file);
  const hash = createHash('sha256');
  for (let at = 0; at < digested.length; at += pieceBytes) {
    hash.update(digested.subarray(at, at + pieceBytes));
    await giveWay();
  }
  requireDigest(hash.digest(), digest);
  const { compressed, bytes, whole } = readDigested(digested, memoryPagesMax);
  const unpacking = decompress(compressed, { maxOutputLength: Math.max(1, bytes) });
  return whole(
    await during(
      unpacking.catch((error: Error) => {
        throw notUnpacked(error);
      }),
    ),
  );
}
