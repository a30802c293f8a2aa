/** A bundle as it lies where somebody put it: nothing of it is believed, and never more than a piece of it is in memory. */
import { createHash, type Hash } from 'node:crypto';
import { bundlePayloadType, claimedPayload } from '../../artifact/trust/dsse.ts';
import { type Disk, DiskError, type DiskFile } from '../../platform/ports.ts';
import type { Turn } from '../../platform/turn.ts';
import { bundleHeadBytes, leaseLength, type PlacedFile, placedFiles } from '../../schemas/bundle-file.ts';
import type { BundleStatement } from '../../schemas/generated/types.ts';
import { isBundleStatement } from '../../schemas/generated/validators/bundle.js';
import { DownloadError } from '../download/download-error.ts';

/** Read at once. */
const pieceBytes = 64 * 1024;

/** An open bundle. */
export interface Bundle extends Disposable {
  readonly path: string;
  /** The envelope of the statement. */
  readonly lease: string;
  /** What the lease says, whoever signed it. */
  readonly statement: BundleStatement;
  /** By name. */
  readonly files: ReadonlyMap<string, PlacedFile>;
  /** A part of a file, in pieces. */
  pieces(file: PlacedFile, from: number, end: number): Iterable<Uint8Array>;
  /** All of a file, in pieces each of which is good until the next: what is read so takes no memory, however much it is. */
  passing(file: PlacedFile): Iterable<Uint8Array>;
}

function unreadable(path: string, why: string): DownloadError {
  return new DownloadError('BUNDLE_UNREADABLE', `the agent can't read ${path}: ${why}`);
}

function noBundle(path: string): DownloadError {
  return new DownloadError('BUNDLE_NONE', `${path} is no bundle of this version of fleet`);
}

function openFile(disk: Disk, path: string): DiskFile {
  const { kind, bytes = 0 } = disk.stat(path) ?? {};
  if (kind !== 'file') throw unreadable(path, kind === undefined ? 'it is not there' : 'it is no file');
  // Files of the kernel have no length: who reads one may wait for good.
  if (bytes < bundleHeadBytes) throw noBundle(path);
  return disk.open(path, 'read');
}

function partial(path: string, bytes: number, wanted: number | string): DownloadError {
  const message = `${path} ends after ${bytes} bytes of ${wanted}: it was not copied whole; copy it again`;
  return new DownloadError('BUNDLE_PARTIAL', message);
}

function leaseIn(path: string, file: DiskFile): string {
  const length = leaseLength(file.read(0, bundleHeadBytes));
  if (length === undefined) throw noBundle(path);
  const bytes = file.read(bundleHeadBytes, length);
  if (bytes.length < length) throw partial(path, bundleHeadBytes + bytes.length, 'what is to come');
  return Buffer.from(bytes).toString('utf8');
}

function statementIn(path: string, lease: string): BundleStatement {
  const payload = claimedPayload(lease, bundlePayloadType);
  if (payload === undefined) throw noBundle(path);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    throw noBundle(path);
  }
  if (!isBundleStatement(value)) throw noBundle(path);
  return value;
}

function* piecesOf(path: string, file: DiskFile, start: number, end: number, room?: Uint8Array): Generator<Uint8Array> {
  for (let at = start; at < end; ) {
    const piece = withoutDiskFaults(path, () => file.read(at, Math.min(pieceBytes, end - at), room));
    if (piece.length === 0) throw partial(path, at, end);
    yield piece;
    at += piece.length;
  }
}

function bundleIn(path: string, file: DiskFile): Bundle {
  const lease = leaseIn(path, file);
  const statement = statementIn(path, lease);
  const { placed, end } = placedFiles(statement, Buffer.byteLength(lease));
  const bytes = file.size();
  const room = new Uint8Array(pieceBytes);
  if (bytes < end) throw partial(path, bytes, end);
  if (bytes > end) throw damaged(path, `has ${bytes - end} bytes behind its end`);
  return {
    ...{ path, lease, statement, files: new Map(placed.map((one) => [one.name, one])) },
    pieces: ({ at }, from, to) => piecesOf(path, file, at + from, at + to),
    passing: ({ at, length }) => piecesOf(path, file, at, at + length, room),
    [Symbol.dispose]: () => file.close(),
  };
}

function damaged(path: string, what: string): DownloadError {
  return new DownloadError('BUNDLE_DAMAGED', `${path} ${what}: it is damaged; copy it again, or make another`);
}

/** A stick that is pulled, or that nobody may read: the disk of the device is not to blame. */
function withoutDiskFaults<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof DiskError) throw unreadable(path, error.message);
    throw error;
  }
}

/** Opens one that is as long as it says. Throws `DownloadError`. */
export function openBundle(disk: Disk, path: string): Bundle {
  return withoutDiskFaults(path, () => {
    const file = openFile(disk, path);
    try {
      return bundleIn(path, file);
    } catch (error) {
      file.close();
      throw error;
    }
  });
}

/** Of what is read before it is known who signed it. */
const shortBytesMax = 64 * 1024;

function requireIntact(bundle: Bundle, file: PlacedFile, hash: Hash): void {
  if (hash.digest('hex') !== file.sha256) throw damaged(bundle.path, `has another ${file.name} than it says`);
}

/** Refuses one of which a short file is not what it says: all that tells who signed it is in such. */
export function requireShortUndamaged(bundle: Bundle): void {
  for (const file of bundle.files.values()) {
    if (file.length > shortBytesMax) continue;
    const hash = createHash('sha256');
    for (const piece of bundle.passing(file)) hash.update(piece);
    requireIntact(bundle, file, hash);
  }
}

/** Refuses one of which a file is not what it says. Reads all of it, and leaves others their turns. */
export async function requireUndamaged(bundle: Bundle, turn: Turn, signal: AbortSignal): Promise<void> {
  for (const file of bundle.files.values()) {
    const hash = createHash('sha256');
    for (const piece of bundle.passing(file)) {
      hash.update(piece);
      if (turn.isOver()) await turn.pause();
      signal.throwIfAborted();
    }
    requireIntact(bundle, file, hash);
  }
}

/** A short file as it was signed, read anew: what served the file before may serve another now. */
export function signedBytes(bundle: Bundle, file: PlacedFile): Uint8Array {
  const bytes = Buffer.concat([...bundle.pieces(file, 0, file.length)]);
  requireIntact(bundle, file, createHash('sha256').update(bytes));
  return bytes;
}
