/**
 * A few numbers in a file of their own, written over in place: they outlive the process, and a power cut may take them, whole,
 * unless they were made durable. Who reads them can do without.
 */
import { crc32 } from 'node:zlib';
import type { Disk } from '../../../platform/ports.ts';
import { unlessGone } from './read-segment.ts';

function bytesOf(numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(numbers.length * 8 + 4);
  const view = new DataView(bytes.buffer);
  for (const [index, number] of numbers.entries()) view.setFloat64(index * 8, number, true);
  view.setUint32(numbers.length * 8, crc32(bytes.subarray(0, -4)), true);
  return bytes;
}

/** Writes the numbers; as many each time. */
export function writeNote(disk: Disk, path: string, numbers: readonly number[]): void {
  using file = disk.open(path, 'write');
  file.write(0, bytesOf(numbers));
}

/** As `writeNote`; durable when it returns, once its name is. */
export function writeNoteDurably(disk: Disk, path: string, numbers: readonly number[]): void {
  using file = disk.open(path, 'write');
  file.write(0, bytesOf(numbers));
  file.sync();
}

/** The numbers of a note; undefined where there is none, or not a whole one. */
export function readNote(disk: Disk, path: string, count: number): readonly number[] | undefined {
  const bytes = unlessGone(() => {
    using file = disk.open(path, 'read');
    return file.read(0, count * 8 + 4);
  });
  if (bytes === undefined || bytes.length !== count * 8 + 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(count * 8, true) !== crc32(bytes.subarray(0, -4))) return undefined;
  const numbers = Array.from({ length: count }, (_, index) => view.getFloat64(index * 8, true));
  return numbers.every((number) => Number.isSafeInteger(number) && number >= 0) ? numbers : undefined;
}
