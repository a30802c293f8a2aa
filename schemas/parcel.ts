/**
 * What an update needs besides its modules, in one answer: the metadata and indexes that a device would ask for one after the other,
 * and deltas that are smaller than what it takes to ask for them.
 * Nothing in it is believed for where it came from. It is packed over what the device has, where the shore has that too:
 *
 *     version, 1 byte · which of what the device said it has serves as dictionary, a bit each from the lowest · its sum, 6 bytes ·
 *     deflated: for each file its name's length, 1 byte · name · length, u32, all ones where there is no such file · bytes
 *
 * Little-endian.
 */
import { createHash } from 'node:crypto';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { isObject } from './json-object.ts';

/** What a device asks for. */
export interface ParcelRequest {
  /** Metadata that it has, as `VERSION.ROLE.json`. */
  readonly has: readonly string[];
  /** Releases that it lacks, as `NAME/VERSION`. */
  readonly releases: readonly string[];
  /** How the digests of modules begin that it has: a small delta from one of them comes along. */
  readonly bases?: readonly string[];
}

/** A file by its path below the server's address; without bytes where there is none. */
export interface ParcelFile {
  readonly name: string;
  readonly bytes: Uint8Array | undefined;
}

/** Of all that is in a parcel, and of what it may be packed over. */
export const parcelBytesMax = 256 * 1024;

/** A delta comes along that is at most this long: to ask for it takes some 700 bytes. */
export const parcelDeltaBytesMax = 4_096;

const version = 1;
const sumBytes = 6;
const noFile = 0xffff_ffff;
const entriesMax = 128;

/** Files of a parcel: four that everybody needs, and for each release its index, its role and a delta. */
export const parcelFilesMax = 4 + 3 * entriesMax;

const metadataPattern = /^[1-9]\d{0,15}\.[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?\.json$/;
const basePattern = /^[0-9a-f]{8}$/;
const releasePattern = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?\/[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$/;

function areAll(value: unknown, pattern: RegExp): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length <= entriesMax &&
    value.every((one) => typeof one === 'string' && pattern.test(one))
  );
}

/** Reads what a device asks for; undefined when it is no such request. */
export function parseParcelRequest(value: unknown): ParcelRequest | undefined {
  if (!isObject(value)) return undefined;
  const { has, releases, bases = [] } = value;
  if (!areAll(has, metadataPattern) || !areAll(releases, releasePattern)) return undefined;
  return areAll(bases, basePattern) ? { has, releases, bases } : undefined;
}

/** How a module is named among those that a device has. */
export function baseName(sha256: string): string {
  return sha256.slice(0, 8);
}

function sumOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest().subarray(0, sumBytes);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Packs files over those of `has` that are at hand, in its order; undefined stands for one that is not. */
export function packParcel(files: readonly ParcelFile[], has: readonly (Uint8Array | undefined)[]): Uint8Array {
  const bits = Buffer.alloc(Math.ceil(has.length / 8));
  for (const [index, one] of has.entries()) if (one !== undefined) bits[index >> 3]! |= 1 << (index & 7);
  const dictionary = Buffer.concat(has.filter((one) => one !== undefined));
  const content = files.flatMap(({ name, bytes }) => {
    const path = Buffer.from(name);
    return [Buffer.of(path.length), path, u32(bytes?.length ?? noFile), bytes ?? Buffer.alloc(0)];
  });
  const packed = deflateRawSync(Buffer.concat(content), { dictionary, level: 9 });
  return Buffer.concat([Buffer.of(version), bits, sumOf(dictionary), packed]);
}

/** One file, and where it ends; undefined where the content breaks off before that. */
function fileAt(content: Buffer, at: number): { readonly file: ParcelFile; readonly end: number } | undefined {
  const nameEnd = at + 1 + content[at]!;
  if (nameEnd + 4 > content.length) return undefined;
  const name = content.toString('latin1', at + 1, nameEnd);
  const length = content.readUInt32LE(nameEnd);
  const end = nameEnd + 4 + (length === noFile ? 0 : length);
  if (end > content.length) return undefined;
  return {
    file: { name, bytes: length === noFile ? undefined : Uint8Array.from(content.subarray(nameEnd + 4, end)) },
    end,
  };
}

/** The files that are there whole, and whether that is all of it; undefined where they are more than a parcel has. */
function filesIn(content: Buffer): Unpacked | undefined {
  const files: ParcelFile[] = [];
  for (let at = 0; at < content.length; ) {
    if (files.length === parcelFilesMax) return undefined;
    const next = fileAt(content, at);
    if (next === undefined) return { files, isWhole: false };
    files.push(next.file);
    at = next.end;
  }
  return { files, isWhole: true };
}

interface Unpacked {
  readonly files: readonly ParcelFile[];
  readonly isWhole: boolean;
}

function unpack(bytes: Uint8Array, has: readonly Uint8Array[], finishFlush: number): Unpacked | undefined {
  const sumStart = 1 + Math.ceil(has.length / 8);
  const start = sumStart + sumBytes;
  if (bytes[0] !== version || bytes.length < start) return undefined;
  const dictionary = Buffer.concat(has.filter((_, index) => ((bytes[1 + (index >> 3)]! >> (index & 7)) & 1) === 1));
  if (!sumOf(dictionary).equals(bytes.subarray(sumStart, start))) return undefined;
  try {
    const terms = { dictionary, maxOutputLength: parcelBytesMax, finishFlush };
    return filesIn(inflateRawSync(bytes.subarray(start), terms));
  } catch {
    return undefined;
  }
}

/** Unpacks a parcel for a device that has these, in the order in which it said so; undefined when it is none. */
export function unpackParcel(bytes: Uint8Array, has: readonly Uint8Array[]): readonly ParcelFile[] | undefined {
  const unpacked = unpack(bytes, has, constants.Z_FINISH);
  return unpacked?.isWhole === true ? unpacked.files : undefined;
}

/** The files that came whole of a parcel that broke off. */
export function unpackBegun(bytes: Uint8Array, has: readonly Uint8Array[]): readonly ParcelFile[] {
  return unpack(bytes, has, constants.Z_SYNC_FLUSH)?.files ?? [];
}
