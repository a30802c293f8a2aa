import { type Disk, DiskError } from '../../../platform/ports.ts';
import { decodeHeader, decodeRecord, headerBytes, type SegmentHeader, type SegmentRecord } from './segment.ts';

const pieceBytes = 64 * 1024;

/** Runs it; undefined where the file is gone, or what it lies on can't be read. */
export function unlessGone<T>(operation: () => T): T | undefined {
  try {
    return operation();
  } catch (error) {
    if (error instanceof DiskError && (error.code === 'NOT_FOUND' || error.code === 'MEDIUM')) return undefined;
    throw error;
  }
}

/** What a segment says of itself; undefined where it is gone or not whole. */
export function readHeader(disk: Disk, path: string): SegmentHeader | undefined {
  return unlessGone(() => {
    using file = disk.open(path, 'read');
    return decodeHeader(file.read(0, headerBytes));
  });
}

/**
 * Hands out the whole records from `offset` on, each with where it ends, until `take` says that it is enough. A record's
 * message is only valid during the call.
 */
export function readRecords(
  disk: Disk,
  path: string,
  offset: number,
  take: (record: SegmentRecord, end: number) => boolean,
): void {
  unlessGone(() => {
    using file = disk.open(path, 'read');
    let [from, bytesMin] = [offset, pieceBytes];
    for (;;) {
      const piece = file.read(from, Math.max(pieceBytes, bytesMin));
      let at = 0;
      let next = decodeRecord(piece, at);
      while (next.kind === 'record') {
        if (!take(next.record, from + next.end)) return;
        at = next.end;
        next = decodeRecord(piece, at);
      }
      // What is not there yet may be written later.
      if (next.kind === 'broken' || piece.length < Math.max(pieceBytes, bytesMin)) return;
      from += at;
      bytesMin = next.bytes;
    }
  });
}
