/**
 * Modules made ready to run, kept so that a start costs no work and no flash: `SHA256.VERSION-PAGES`, for a module's digest,
 * the rewriter's version and the limit that was written into it, and `SHA256.VERSION-PAGES-linked` where it was judged as one of
 * several. A file is a line of JSON, then the module:
 *
 *     {"sha256":"…","length":8123,"traits":{"needs":[]}}\n\0asm…
 *
 * What is here is as trusted as the rest of the state directory: the digest in the line tells what rotted, not who wrote it.
 */
import { createHash, type Hash } from 'node:crypto';
import { makeDirectoryDurably, writeFileDurably } from '../../../platform/durable-file.ts';
import { type Disk, DiskError, type DiskFile } from '../../../platform/ports.ts';
import type { MemoryShape } from '../wasi/imported-memory.ts';

/** What must be known of a module before it is run. */
export interface Traits {
  /** Why it can't share a process, in words; empty where it can. */
  readonly ownProcess: readonly string[];
  /** The memory it imports as env.memory, in pages. */
  readonly importedMemory?: MemoryShape;
  /** Memories that it makes itself and exports for its host alone, by name. */
  readonly hiddenMemories?: readonly string[];
  /** The limit of memory gives it less than it may ask for. */
  readonly isMemoryBounded?: true;
}

/** A module that can be run, by where it lies. */
export interface PreparedModule {
  readonly path: string;
  /** Of the traits and of the module behind the first line. */
  readonly sha256: string;
  readonly length: number;
  readonly traits: Traits;
}

const headBytesMax = 2_048;
const chunkBytes = 64 * 1024;
/** Read and digested in about a millisecond. */
const pieceBytes = 512 * 1024;
const newline = 10;

/** What a file says of itself; undefined where it is none of ours, or damaged at its head. */
function readHead(
  path: string,
  bytes: Uint8Array,
): { readonly module: PreparedModule; readonly at: number } | undefined {
  const end = bytes.subarray(0, headBytesMax).indexOf(newline);
  try {
    const head = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString('utf8')) as Omit<PreparedModule, 'path'>;
    const isWhole =
      typeof head.sha256 === 'string' && Number.isSafeInteger(head.length) && Array.isArray(head.traits?.ownProcess);
    return isWhole ? { module: { ...head, path }, at: end + 1 } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The module of a prepared file, read and digested a piece at a time with a pause before each but the first, as it may have megabytes;
 * undefined where its bytes are not what its head says.
 */
export async function readPrepared(
  disk: Disk,
  prepared: PreparedModule,
  pause: () => Promise<void>,
): Promise<Uint8Array | undefined> {
  using file = disk.open(prepared.path, 'read');
  const head = readHead(prepared.path, file.read(0, headBytesMax));
  if (head === undefined || file.size() !== head.at + prepared.length) return undefined;
  const module = new Uint8Array(prepared.length);
  const digest = digestOf(prepared.traits);
  for (let at = 0; at < module.length; ) {
    if (at > 0) await pause();
    const piece = file.read(head.at + at, pieceBytes);
    if (piece.length === 0) return undefined;
    module.set(piece, at);
    digest.update(piece);
    at += piece.length;
  }
  return digest.digest('hex') === prepared.sha256 ? module : undefined;
}

/** A digest that the module is yet to be taken into. */
function digestOf(traits: Traits): Hash {
  return createHash('sha256').update(JSON.stringify(traits));
}

/** Of the module from `start` on, piece by piece: whole modules are never held in memory for it. */
function digestFrom(file: DiskFile, start: number, traits: Traits): string {
  const hash = digestOf(traits);
  for (let at = start; ; ) {
    const chunk = file.read(at, chunkBytes);
    if (chunk.length === 0) return hash.digest('hex');
    hash.update(chunk);
    at += chunk.length;
  }
}

/** Prepared modules in one directory. */
export class PreparedStore {
  readonly #disk: Disk;
  readonly #directory: string;

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  /** The prepared module under that name, if it is there and whole. */
  find(name: string): PreparedModule | undefined {
    const path = `${this.#directory}/${name}`;
    try {
      if (this.#disk.stat(path) === undefined) return undefined;
      using file = this.#disk.open(path, 'read');
      const head = readHead(path, file.read(0, headBytesMax));
      if (head === undefined || file.size() !== head.at + head.module.length) return undefined;
      return digestFrom(file, head.at, head.module.traits) === head.module.sha256 ? head.module : undefined;
    } catch (error) {
      if (error instanceof DiskError) return undefined;
      throw error;
    }
  }

  /** Keeps a module under that name; durable when it returns. */
  keep(name: string, module: Uint8Array, traits: Traits): void {
    makeDirectoryDurably(this.#disk, this.#directory);
    const sha256 = digestOf(traits).update(module).digest('hex');
    const head = Buffer.from(`${JSON.stringify({ sha256, length: module.length, traits })}\n`);
    writeFileDurably(this.#disk, this.#directory, name, Buffer.concat([head, module]));
  }

  remove(name: string): void {
    this.#disk.remove(`${this.#directory}/${name}`);
  }

  /** Removes what was made of any module that is not held. */
  collect(held: ReadonlySet<string>): void {
    if (this.#disk.stat(this.#directory) === undefined) return;
    for (const name of this.#disk.list(this.#directory)) if (!held.has(name.slice(0, 64))) this.remove(name);
  }
}
