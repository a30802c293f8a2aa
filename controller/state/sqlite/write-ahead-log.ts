/**
 * A database file in WAL mode with its log applied, as one that needs no log: for whoever may read both and write neither.
 * https://www.sqlite.org/fileformat2.html#the_write_ahead_log
 *
 *     header  magic | version | page size | checkpoints | salt (2) | checksum (2)                            all uint32, big-endian
 *     frame   page number | pages of the database after a commit, else 0 | salt (2) | checksum (2) | page
 */
import type { Disk } from '../../../platform/ports.ts';

const headerBytes = 32;
const frameHeaderBytes = 24;

/** The last bit says in which order the words of checksums are read. */
const magic = 0x377f0682;

/** Of the file's own header: how it is written and read, of which 1 means without a log. */
const formatOffsets = [18, 19] as const;

/** Both words of a sum that goes on from frame to frame. */
type Sum = readonly [number, number];

function sumOver(view: DataView, isLittleEndian: boolean, [first, second]: Sum): Sum {
  let [one, two] = [first, second];
  for (let at = 0; at < view.byteLength; at += 8) {
    one = (one + view.getUint32(at, isLittleEndian) + two) >>> 0;
    two = (two + view.getUint32(at + 4, isLittleEndian) + one) >>> 0;
  }
  return [one, two];
}

function viewOf(bytes: Uint8Array, start: number, length: number): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + start, length);
}

interface Header {
  readonly isLittleEndian: boolean;
  readonly pageBytes: number;
  readonly salt: bigint;
  readonly sum: Sum;
}

/** Undefined for what is no log, or was torn when it was begun. */
function headerOf(log: Uint8Array): Header | undefined {
  if (log.length < headerBytes) return undefined;
  const view = viewOf(log, 0, headerBytes);
  const [mark, pageBytes, salt] = [view.getUint32(0), view.getUint32(8), view.getBigUint64(16)];
  const isLittleEndian = mark === magic;
  if ((!isLittleEndian && mark !== magic + 1) || pageBytes < 512 || pageBytes % 512 !== 0) return undefined;
  const sum = sumOver(viewOf(log, 0, 24), isLittleEndian, [0, 0]);
  return isSum(view, 24, sum) ? { isLittleEndian, pageBytes, salt, sum } : undefined;
}

function isSum(view: DataView, at: number, [one, two]: Sum): boolean {
  return view.getUint32(at) === one && view.getUint32(at + 4) === two;
}

interface Committed {
  /** By their number, which counts from 1. */
  readonly pages: Map<number, Uint8Array>;
  /** Pages of the database after the last commit; 0 without one. */
  count: number;
}

/** What all commits that are whole have written. */
function committedOf(log: Uint8Array): Committed {
  const committed: Committed = { pages: new Map(), count: 0 };
  const header = headerOf(log);
  if (header === undefined) return committed;
  const { isLittleEndian, pageBytes, salt } = header;
  const frameBytes = frameHeaderBytes + pageBytes;
  const pending: [number, Uint8Array][] = [];
  let { sum } = header;
  for (let at = headerBytes; at + frameBytes <= log.length; at += frameBytes) {
    const frame = viewOf(log, at, frameHeaderBytes);
    sum = sumOver(viewOf(log, at, 8), isLittleEndian, sum);
    sum = sumOver(viewOf(log, at + frameHeaderBytes, pageBytes), isLittleEndian, sum);
    if (frame.getBigUint64(8) !== salt || !isSum(frame, 16, sum)) break;
    pending.push([frame.getUint32(0), log.subarray(at + frameHeaderBytes, at + frameBytes)]);
    const count = frame.getUint32(4);
    if (count === 0) continue;
    for (const [number, page] of pending.splice(0)) committed.pages.set(number, page);
    committed.count = count;
  }
  return committed;
}

/** What the file holds once its log is applied. */
export function withLogApplied(file: Uint8Array, log: Uint8Array): Uint8Array {
  const { pages, count } = committedOf(log);
  const pageBytes = pages.values().next().value?.length ?? 0;
  const whole = new Uint8Array(count === 0 ? file.length : count * pageBytes);
  whole.set(file.subarray(0, whole.length));
  for (const [number, page] of pages) if (number <= count) whole.set(page, (number - 1) * pageBytes);
  for (const offset of formatOffsets) if (offset < whole.length) whole[offset] = 1;
  return whole;
}

/** What a file and its log hold, without opening them. */
export function readWithLog(path: string, disk: Pick<Disk, 'stat' | 'readFile'>): Uint8Array {
  const log = `${path}-wal`;
  return withLogApplied(disk.readFile(path), disk.stat(log) ? disk.readFile(log) : new Uint8Array());
}
