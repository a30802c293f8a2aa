/**
 * Artifacts as plain files, so that any static web server or bucket could serve the directory:
 *
 *     sha256/HEX                   a blob, complete and with that digest whenever the name exists
 *     releases/NAME/VERSION.json   the ways to get one release
 *     tuf/FILE                     signed metadata (`online-metadata.ts`)
 *     tried/BASE-HEX               an empty file: the delta between the two was made once, whatever came of it;
 *                                  with BASE the same as HEX, compressing it was of no use
 */
import { sha256Hex } from '../../artifact/trust/tuf/trusted.ts';
import { makeDirectoryDurably, openDirectoryDurably, writeFileDurably } from '../../platform/durable-file.ts';
import type { Disk } from '../../platform/ports.ts';
import type { ReleaseIndex, Way } from '../../schemas/generated/types.ts';
import { isReleaseIndex } from '../../schemas/generated/validators.js';
import type { CataloguedRelease } from '../manifests/desired.ts';
import { releaseIndexBytes } from './release-index.ts';
import type { ReleaseName } from './release-path.ts';

/** A blob by content. */
export interface Blob {
  readonly sha256: string;
  readonly length: number;
}

/** What must stay: releases by `NAME/VERSION`, and blobs that no release needs but somebody does. */
export interface Needed {
  readonly releases: ReadonlySet<string>;
  readonly blobs: ReadonlySet<string>;
  /** Deltas by `deltaKey`. */
  readonly deltas: ReadonlySet<string>;
}

/** A delta by the digests of the two modules that it lies between. */
export function deltaKey(base: string, sha256: string): string {
  return `${base}-${sha256}`;
}

function indexPath({ name, version }: ReleaseName): string {
  return `releases/${name}/${version}.json`;
}

/** The most files that one collection removes. */
const removalsMax = 256;

export class ArtifactStore {
  readonly #disk: Disk;
  readonly #directory: string;
  /** Paths that the last collection found unneeded. */
  #doomed: ReadonlySet<string> = new Set();
  /** Digests of blobs that were found here; only `collect` removes any. */
  readonly #found = new Set<string>();
  /** Indexes that were read or written, by path below the directory. */
  readonly #indexes = new Map<string, ReleaseIndex>();

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
    for (const folder of ['sha256', 'releases', 'tuf', 'tried']) openDirectoryDurably(disk, `${directory}/${folder}`);
  }

  has(sha256: string): boolean {
    return this.#disk.stat(this.#blobPath(sha256)) !== undefined;
  }

  /** Whether the bytes of a release are here; asked of the disk once, and not hashed again: they were when they were put. */
  holds({ sha256 }: CataloguedRelease): boolean {
    if (this.#found.has(sha256)) return true;
    if (!this.has(sha256)) return false;
    this.#found.add(sha256);
    return true;
  }

  read(sha256: string): Uint8Array {
    return this.#disk.readFile(this.#blobPath(sha256));
  }

  /** Stores a blob; durable when it returns, at once when it is there already. */
  put(bytes: Uint8Array): Blob {
    const sha256 = sha256Hex(bytes);
    if (!this.has(sha256)) writeFileDurably(this.#disk, `${this.#directory}/sha256`, sha256, bytes);
    return { sha256, length: bytes.length };
  }

  /** The index of a release; undefined when there is none, or none that can be read. */
  index(release: ReleaseName): ReleaseIndex | undefined {
    const path = indexPath(release);
    const known = this.#indexes.get(path);
    if (known !== undefined) return known;
    const read = this.#readIndex(`${this.#directory}/${path}`);
    if (read !== undefined) this.#indexes.set(path, read);
    return read;
  }

  #readIndex(path: string): ReleaseIndex | undefined {
    if (this.#disk.stat(path) === undefined) return undefined;
    try {
      const index: unknown = JSON.parse(new TextDecoder().decode(this.#disk.readFile(path)));
      return isReleaseIndex(index) ? index : undefined;
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /** All releases with an index, sorted. */
  releases(): ReleaseName[] {
    const folder = `${this.#directory}/releases`;
    return this.#disk.list(folder).flatMap((name) =>
      this.#disk
        .list(`${folder}/${name}`)
        .filter((file) => file.endsWith('.json'))
        .map((file) => ({ name, version: file.slice(0, -'.json'.length) })),
    );
  }

  /** Takes a release in, served whole; other ways come later by `addWay`. The bytes were checked by `checkRelease`. */
  addRelease(release: CataloguedRelease, bytes: Uint8Array): void {
    const { name, version } = release;
    const whole = this.put(bytes);
    if (this.index(release)?.sha256 === whole.sha256) return;
    const ways: Way[] = [{ method: 'whole', ...whole }];
    this.#writeIndex({ apiVersion: 'fleet/v1alpha1', kind: 'ReleaseIndex', name, version, ...whole, ways });
  }

  /** Adds a way to get a release, unless it is there or not smaller than the whole; returns whether it was added. */
  addWay(release: ReleaseName, way: Pick<Way, 'method' | 'base'>, bytes: Uint8Array): boolean {
    const index = this.index(release);
    if (index === undefined || bytes.length >= index.length) return false;
    if (index.ways.some(({ method, base }) => method === way.method && base === way.base)) return false;
    const ways = [...index.ways, { ...way, ...this.put(bytes) }].sort((a, b) => a.length - b.length);
    this.#writeIndex({ ...index, ways });
    return true;
  }

  /** Whether a delta between these two was made before. */
  wasTried(base: string, sha256: string): boolean {
    return this.#disk.stat(`${this.#directory}/tried/${deltaKey(base, sha256)}`) !== undefined;
  }

  markTried(base: string, sha256: string): void {
    writeFileDurably(this.#disk, `${this.#directory}/tried`, deltaKey(base, sha256), new Uint8Array());
  }

  /**
   * Removes what is not needed now and was not needed at the last call either: a device that read an index a moment ago
   * still finds what it names. Indexes go before blobs, so that no index ever names what is gone. Returns how many files.
   */
  collect(needed: Needed): number {
    const unneeded: string[] = [];
    const blobs = new Set(needed.blobs);
    for (const release of this.releases()) {
      if (needed.releases.has(`${release.name}/${release.version}`)) {
        for (const { sha256 } of this.index(release)?.ways ?? []) blobs.add(sha256);
      } else unneeded.push(indexPath(release));
    }
    for (const file of this.#disk.list(`${this.#directory}/sha256`)) {
      if (!blobs.has(file)) unneeded.push(`sha256/${file}`);
    }
    for (const file of this.#disk.list(`${this.#directory}/tried`)) {
      const [base, sha256] = file.split('-') as [string, string];
      const isDemanded = base === sha256 || needed.deltas.has(file);
      if (!isDemanded || !blobs.has(base) || !blobs.has(sha256)) unneeded.push(`tried/${file}`);
    }
    const removed = unneeded.filter((path) => this.#doomed.has(path)).slice(0, removalsMax);
    for (const path of removed) {
      this.#found.delete(path.replace('sha256/', ''));
      this.#indexes.delete(path);
      this.#disk.remove(`${this.#directory}/${path}`);
    }
    this.#dropDeltas(new Set(removed));
    this.#doomed = new Set(unneeded);
    return removed.length;
  }

  /** Takes deltas that may be made again out of their indexes; their blobs go at later looks. */
  #dropDeltas(removed: ReadonlySet<string>): void {
    for (const release of this.releases()) {
      const index = this.index(release);
      if (index === undefined) continue;
      const ways = index.ways.filter(
        ({ base }) => base === undefined || !removed.has(`tried/${deltaKey(base, index.sha256)}`),
      );
      if (ways.length < index.ways.length) this.#writeIndex({ ...index, ways });
    }
  }

  #writeIndex(index: ReleaseIndex): void {
    const folder = `${this.#directory}/releases/${index.name}`;
    makeDirectoryDurably(this.#disk, folder);
    writeFileDurably(this.#disk, folder, `${index.version}.json`, releaseIndexBytes(index));
    this.#indexes.set(indexPath(index), index);
  }

  #blobPath(sha256: string): string {
    return `${this.#directory}/sha256/${sha256}`;
  }
}
