/**
 * The state of an instance between two calls, as a file:
 *
 *     \0fltsnp2  head bytes (u32)  head: JSON  blocks, compressed  SHA-256 of all before
 *
 * Blocks of memory that hold zeroes only are left out. Whoever reads one distrusts it: each number in it is bounded before
 * anything is made by it, and nothing of it counts before its digest is right.
 */
import { createHash } from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { isLayout, type Layout } from './layout.ts';

/** What an instance can go on from. */
export interface Snapshot {
  /** SHA-256 of the module as it was released. */
  readonly module: string;
  /** What it means to another module's code. */
  readonly layout: Layout;
  /** Version of the meter that was put into it, by which its fuel was counted. */
  readonly rewriter: number;
  /** Fuel that was spent until then. */
  readonly fuel: number;
  readonly memoryPages: number;
  /** Bytes by their address, in blocks of `blockBytes`; all others are zero. */
  readonly blocks: ReadonlyMap<number, Uint8Array>;
  /** Values of the globals as texts, by their shown names. */
  readonly globals: Readonly<Record<string, string>>;
}

/** Why a file is no snapshot that can be gone on from; its message is for people and starts with a small letter. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}

/** What of memory is left out or kept as a whole. */
export const blockBytes = 4096;
const pageBytes = 65_536;

const magic = Buffer.from('\0fltsnp2', 'latin1');
const headAt = magic.length + 4;
/** What a file ends with. */
export const digestBytes = 32;
const headBytesMax = 2 ** 20;
const globalsMax = 10_000;
const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

interface Head extends Omit<Snapshot, 'blocks'> {
  /** First block and number of blocks, one run after the other. */
  readonly runs: readonly (readonly [number, number])[];
}

/** A snapshot as it is written, but for its blocks, which are yet to be compressed. */
export interface PackedHead {
  /** The file up to its blocks. */
  readonly head: Uint8Array;
  /** In their order. */
  readonly blocks: readonly Uint8Array[];
}

/** Puts a snapshot in order; throws where it can't be told in a head that may be read. */
export function packHead({ blocks, ...rest }: Snapshot): PackedHead {
  const addresses = [...blocks.keys()].sort((left, right) => left - right);
  const head = Buffer.from(JSON.stringify({ ...rest, runs: runsOf(addresses) } satisfies Head));
  if (head.length > headBytesMax)
    throw new SnapshotError(`its memory is too scattered: the head has ${head.length} bytes, at most ${headBytesMax}`);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  return {
    head: Buffer.concat([magic, length, head]),
    blocks: addresses.map((address) => blocks.get(address)!),
  };
}

/** The snapshot as a file. */
export function encodeSnapshot(snapshot: Snapshot): Uint8Array {
  const { head, blocks } = packHead(snapshot);
  const file = Buffer.concat([head, zstdCompressSync(Buffer.concat(blocks))]);
  return Buffer.concat([file, digest(file)]);
}

function runsOf(addresses: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const address of addresses) {
    const block = address / blockBytes;
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === block) last[1] += 1;
    else runs.push([block, 1]);
  }
  return runs;
}

/** A snapshot as it is read, before its blocks are unpacked. */
export interface PackedBlocks {
  readonly compressed: Uint8Array;
  /** What they are when they are unpacked. */
  readonly bytes: number;
  /** The whole, by the blocks as they were unpacked; throws where that is another length. */
  readonly whole: (blocks: Uint8Array) => Snapshot;
}

/** A file in two parts: what was digested, and the digest. Throws where it is no snapshot. */
export function splitSnapshot(file: Uint8Array): { readonly digested: Buffer; readonly digest: Buffer } {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.length < headAt + digestBytes || !bytes.subarray(0, magic.length).equals(magic))
    throw new SnapshotError('it is no snapshot');
  return { digested: bytes.subarray(0, -digestBytes), digest: bytes.subarray(-digestBytes) };
}

/** Throws where a file was digested to something else than it says: nothing of it counts then. */
export function requireDigest(seen: Uint8Array, said: Buffer): void {
  if (!said.equals(seen)) throw new SnapshotError('it is damaged: its digest is another');
}

/** What was digested, for an instance whose memory may have so many pages. */
export function readDigested(digested: Buffer, memoryPagesMax: number): PackedBlocks {
  const headBytes = digested.readUInt32LE(magic.length);
  if (headBytes > headBytesMax || headAt + headBytes > digested.length)
    throw new SnapshotError(`its head of ${headBytes} bytes is larger than it may be`);
  const { runs, ...rest } = parseHead(digested.subarray(headAt, headAt + headBytes), memoryPagesMax);
  const bytes = runs.reduce((sum, [, count]) => sum + count, 0) * blockBytes;
  const whole = (blocks: Uint8Array): Snapshot => {
    if (blocks.length !== bytes)
      throw new SnapshotError(`its blocks are ${blocks.length} bytes, its head says ${bytes}`);
    return { ...rest, blocks: blocksOf(runs, blocks) };
  };
  return { compressed: digested.subarray(headAt + headBytes), bytes, whole };
}

/** The snapshot in a file, for an instance whose memory may have so many pages. Throws a SnapshotError. */
export function decodeSnapshot(file: Uint8Array, memoryPagesMax: number): Snapshot {
  const { digested, digest: said } = splitSnapshot(file);
  requireDigest(digest(digested), said);
  const { compressed, bytes, whole } = readDigested(digested, memoryPagesMax);
  return whole(unpacked(compressed, bytes));
}

function parseHead(text: Buffer, memoryPagesMax: number): Head {
  let head: Head;
  try {
    head = JSON.parse(text.toString('utf8')) as Head;
  } catch {
    throw new SnapshotError('its head is no JSON');
  }
  const { module, layout, rewriter, fuel, memoryPages, globals, runs } = head ?? {};
  const isWhole =
    typeof module === 'string' &&
    isLayout(layout) &&
    [rewriter, fuel, memoryPages].every(isCount) &&
    typeof globals === 'object' &&
    globals !== null &&
    Object.keys(globals).length <= globalsMax &&
    Object.values(globals).every((value) => typeof value === 'string' && value.length <= 32) &&
    Array.isArray(runs);
  if (!isWhole) throw new SnapshotError('its head lacks what a snapshot says');
  if (memoryPages > memoryPagesMax)
    throw new SnapshotError(`it has ${memoryPages} pages of memory, ${memoryPagesMax} may be had here`);
  requireInOrder(runs, memoryPages * (pageBytes / blockBytes));
  return { module, layout, rewriter, fuel, memoryPages, globals, runs };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function requireInOrder(runs: readonly unknown[], end: number): void {
  let next = 0;
  for (const run of runs) {
    const [first, count] = Array.isArray(run) ? run : [];
    if (!isCount(first) || !isCount(count) || first < next || first + count > end)
      throw new SnapshotError('its blocks are not in order within its memory');
    next = first + count;
  }
}

function unpacked(body: Uint8Array, length: number): Uint8Array {
  try {
    return zstdDecompressSync(body, { maxOutputLength: Math.max(1, length) });
  } catch (error) {
    throw notUnpacked(error as Error);
  }
}

/** Why blocks that are compressed are not had. */
export function notUnpacked({ message }: Error): SnapshotError {
  return new SnapshotError(`its blocks do not unpack: ${message}`);
}

function blocksOf(runs: Head['runs'], body: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const blocks = new Map<number, Uint8Array>();
  let at = 0;
  for (const [first, count] of runs) {
    for (let block = first; block < first + count; block++, at += blockBytes)
      blocks.set(block * blockBytes, body.subarray(at, at + blockBytes));
  }
  return blocks;
}
