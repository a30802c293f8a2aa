/**
 * A bundle: what devices are offered and what they lack for it, as one file to carry by hand. What is in it has the names that
 * servers have it under, and is believed no more than they are.
 *
 *     `fleet bundle 1\n` · length of the lease, u32 · the lease, a DSSE envelope of a `BundleStatement` ·
 *     the files that it names, one behind the other
 *
 * Little-endian.
 */
import type { BundledFile, BundleStatement } from './generated/types.ts';
import { logbookChannel } from './logbook-entry.ts';

const mark = Buffer.from('fleet bundle 1\n');

/** Where the lease begins. */
export const bundleHeadBytes = mark.length + 4;

/** Of a lease: as many devices and files as it may name. */
export const leaseBytesMax = 1024 * 1024;

/** How long a bundle may be installed at most: metadata that was fresh when it was made counts as fresh for so long. */
export const leaseDaysMax = 90;

/** What stands before the files. */
export function bundleHead(lease: string): Uint8Array {
  const bytes = Buffer.from(lease);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([mark, length, bytes]);
}

/** How long the lease is that follows these first bytes; undefined where they begin no bundle. */
export function leaseLength(head: Uint8Array): number | undefined {
  if (head.length < bundleHeadBytes || !mark.equals(head.subarray(0, mark.length))) return undefined;
  const length = Buffer.from(head).readUInt32LE(mark.length);
  return length <= leaseBytesMax ? length : undefined;
}

const takenPrefix = `releases/${logbookChannel.application}/taken-by-shore.`;

/**
 * Which file has the `TakenMarks` of a device. It has the form of the index of a release that nobody can make, so that agents which know
 * nothing of such files let it pass.
 */
export function takenFileName(device: string): string {
  return `${takenPrefix}${device}.json`;
}

/** Whether a file has those of a device. */
export function isTakenFile(name: string): boolean {
  return name.startsWith(takenPrefix);
}

/** A file, and where it stands. */
export interface PlacedFile extends BundledFile {
  readonly at: number;
}

/** Where each file stands behind a lease of so many bytes, and where the last ends. */
export function placedFiles({ files }: BundleStatement, leaseBytes: number) {
  let end = bundleHeadBytes + leaseBytes;
  const placed = files.map((file): PlacedFile => {
    const at = end;
    end += file.length;
    return { ...file, at };
  });
  return { placed, end };
}
