/**
 * The files of an application's log: what was gathered of it for one write is a gzip member, behind the one before, for a log
 * is written to flash all day and read once a year. `zcat` reads them too.
 */
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { type Disk, DiskError } from '../../platform/ports.ts';

/** One application's log is at most two files of this size: the one being written and the one before. */
export const logFileBytesMax = 262_144;
/** What an application prints may shrink to nothing: so much of its text is read, the newest. */
const textBytesMax = 2_097_152;
/** No member holds more. */
const memberBytesMax = 131_072;
/** How each member begins: gzip, deflated, without a name, made at no time. */
const memberHead = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);

/** The two files, older first. */
function logPaths(directory: string, name: string): readonly [string, string] {
  return [`${directory}/${name}.1.log`, `${directory}/${name}.log`];
}

/** Another one after each time that lines were written. */
export function logMark(disk: Disk, directory: string, name: string): string {
  return logPaths(directory, name)
    .map((path) => disk.stat(path)?.bytes)
    .join();
}

/** Writes lines behind those that are there; where the file has no room, into a new one. */
export function appendToLog(disk: Disk, directory: string, name: string, lines: Uint8Array): void {
  const [older, current] = logPaths(directory, name);
  const member = gzipSync(lines);
  const size = disk.stat(current)?.bytes ?? 0;
  const fits = size + member.length <= logFileBytesMax;
  if (!fits) disk.rename(current, older);
  using file = disk.open(current, 'write');
  file.write(fits ? size : 0, member);
}

/** The parts of a file: lines as earlier agents wrote them, and members. */
function partsOf(file: Uint8Array): readonly Uint8Array[] {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const starts = [0];
  for (let at = bytes.indexOf(memberHead, 1); at !== -1; at = bytes.indexOf(memberHead, at + 1)) starts.push(at);
  return starts.map((start, index) => bytes.subarray(start, starts[index + 1]));
}

/** What is left of a member that a power cut tore is read as far as it goes. */
function textOf(part: Uint8Array): Uint8Array {
  if (!memberHead.equals(part.subarray(0, memberHead.length))) return part;
  try {
    return gunzipSync(part, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: memberBytesMax });
  } catch {
    return new Uint8Array(0);
  }
}

function bytesOf(disk: Disk, path: string): Uint8Array | undefined {
  try {
    return disk.readFile(path);
  } catch (error) {
    if (error instanceof DiskError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/** What an application printed lately, oldest first; undefined when it never printed. */
export function readLog(disk: Disk, directory: string, name: string): string | undefined {
  const files = logPaths(directory, name).flatMap((path) => bytesOf(disk, path) ?? []);
  if (files.length === 0) return undefined;
  const texts: Uint8Array[] = [];
  let room = textBytesMax;
  for (const part of files.flatMap(partsOf).reverse()) {
    const text = textOf(part);
    room -= text.length;
    if (room < 0) break;
    texts.unshift(text);
  }
  return Buffer.concat(texts).toString('utf8');
}
