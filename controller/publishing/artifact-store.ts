/**
 * Artifacts as files, in a directory or a bucket, so that any static web server could serve them:
 *
 *     sha256/HEX                   a blob, complete and with that digest whenever the name exists
 *     releases/NAME/VERSION.json   the ways to get one release
 *     tuf/FILE                     signed metadata (`online-metadata.ts`)
 *     tried/BASE-HEX               an empty file: the delta between the two was made once, whatever came of it;
 *                                  with BASE the same as HEX, compressing it was of no use
 */

import { InOrder } from '../../platform/in-order.ts';
import type { ReleaseIndex, Way } from '../../schemas/generated/types.ts';
import { isReleaseIndex } from '../../schemas/generated/validators/release-index.js';
import { sha256Hex } from '../../schemas/sha256.ts';
import type { CataloguedRelease } from '../manifests/desired.ts';
import { ArtifactError, type ArtifactFiles, damaged } from './files/artifact-files.ts';
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

/** Where the index of a release lies. */
export function indexPath({ name, version }: ReleaseName): string {
  return `releases/${name}/${version}.json`;
}

/** The most files that one collection removes. */
const removalsMax = 256;

/** More is no module that a device takes, and no index. */
const blobBytesMax = 256 * 1024 * 1024;
const indexBytesMax = 1024 * 1024;

export class ArtifactStore {
  readonly #files: ArtifactFiles;
  /** What reads an index to write another, or removes what is not needed: one at a time. */
  readonly #changes = new InOrder();
  /** Paths that the last collection found unneeded. */
  #doomed: ReadonlySet<string> = new Set();
  /** Digests of blobs that were found here; only `collect` removes any. */
  readonly #found = new Set<string>();
  /** Digests of blobs whose bytes are known to be others, until they are put again. */
  readonly #damaged = new Set<string>();
  /** Paths below `tried/` that were found or written. */
  readonly #tried = new Set<string>();
  /** Indexes that were read or written, by path. */
  readonly #indexes = new Map<string, ReleaseIndex>();

  constructor(files: ArtifactFiles) {
    this.#files = files;
  }

  async has(sha256: string): Promise<boolean> {
    return (await this.#files.size(blobPath(sha256))) !== undefined;
  }

  /** Whether the bytes of a release are here; asked once, and not hashed again: they were when they were put. */
  async holds({ sha256 }: CataloguedRelease): Promise<boolean> {
    if (this.#damaged.has(sha256)) return false;
    if (this.#found.has(sha256)) return true;
    if (!(await this.has(sha256))) return false;
    this.#found.add(sha256);
    return true;
  }

  /** A blob; undefined when there is none. Throws `ARTIFACT_DAMAGED` when its bytes are not those of its name. */
  async read(sha256: string): Promise<Uint8Array | undefined> {
    const path = blobPath(sha256);
    const bytes = await this.#files.read(path, blobBytesMax);
    if (bytes === undefined || sha256Hex(bytes) === sha256) return bytes;
    this.#damaged.add(sha256);
    throw damaged(path);
  }

  /** As `read`; undefined also when the bytes are not those of its name. */
  async intact(sha256: string): Promise<Uint8Array | undefined> {
    try {
      return await this.read(sha256);
    } catch (error) {
      if (error instanceof ArtifactError && error.code === 'ARTIFACT_DAMAGED') return undefined;
      throw error;
    }
  }

  /** Stores a blob; durable when it resolves, at once when it is there already. */
  async put(bytes: Uint8Array): Promise<Blob> {
    const sha256 = sha256Hex(bytes);
    const path = blobPath(sha256);
    if (this.#damaged.has(sha256) || (await this.#files.size(path)) !== bytes.length) {
      await this.#files.write(path, bytes);
      this.#damaged.delete(sha256);
    }
    return { sha256, length: bytes.length };
  }

  /**
   * The bytes of this blob are others: it is not held until it is put again, and what was made here is made anew. Resolves with
   * whether it was.
   */
  distrust(sha256: string): Promise<boolean> {
    return this.#changes.run(async () => {
      let wasMade = false;
      this.#damaged.add(sha256);
      for (const release of await this.releases()) {
        const index = await this.index(release);
        const way = index?.ways.find((one) => one.sha256 === sha256 && one.method !== 'whole');
        if (index === undefined || way === undefined) continue;
        wasMade = true;
        // What it was made of may be damaged alike, and is put again first.
        for (const source of [index.sha256, way.base]) if (source !== undefined) await this.intact(source);
        await this.#writeIndex({ ...index, ways: index.ways.filter((one) => one !== way) });
        const tried = triedPath(way.base ?? index.sha256, index.sha256);
        this.#tried.delete(tried);
        await this.#files.remove(tried);
      }
      return wasMade;
    });
  }

  /** Whether these are the bytes of an index as it was read or written here; of one that never was, any are. */
  isRightIndex(path: string, bytes: Uint8Array | undefined): boolean {
    const index = this.#indexes.get(path);
    return index === undefined || (bytes !== undefined && Buffer.from(releaseIndexBytes(index)).equals(bytes));
  }

  /** Writes an index again that was read or written here. */
  rewriteIndex(path: string): Promise<void> {
    return this.#changes.run(async () => {
      const index = this.#indexes.get(path);
      if (index !== undefined) await this.#writeIndex(index);
    });
  }

  /** Whether an index that was read or written here names this blob. */
  names(sha256: string): boolean {
    return [...this.#indexes.values()].some(({ ways }) => ways.some((way) => way.sha256 === sha256));
  }

  /** The index of a release; undefined when there is none, or none that can be read. */
  async index(release: ReleaseName): Promise<ReleaseIndex | undefined> {
    const path = indexPath(release);
    const known = this.#indexes.get(path);
    if (known !== undefined) return known;
    const bytes = await this.#files.read(path, indexBytesMax);
    const read = bytes === undefined ? undefined : parseIndex(bytes);
    if (read !== undefined) this.#indexes.set(path, read);
    return read;
  }

  /** All releases with an index, sorted. */
  async releases(): Promise<ReleaseName[]> {
    const paths = await this.#files.list('releases', 2);
    return paths.flatMap((path) => {
      const [, name, version] = /^releases\/([^/]+)\/(.+)\.json$/.exec(path) ?? [];
      return name === undefined || version === undefined ? [] : [{ name, version }];
    });
  }

  /** Takes a release in, served whole; other ways come later by `addWay`. The bytes were checked by `checkRelease`. */
  addRelease(release: CataloguedRelease, bytes: Uint8Array): Promise<void> {
    return this.#changes.run(async () => {
      const { name, version, sha256 } = release;
      const wasHere = await this.has(sha256);
      const whole = await this.put(bytes);
      const index = await this.index(release);
      if (index?.sha256 === whole.sha256) return;
      // An index that is lost took the smaller ways along: they are made again.
      if (wasHere && index === undefined) await this.#forgetTried(sha256);
      const ways: Way[] = [{ method: 'whole', ...whole }];
      await this.#writeIndex({ apiVersion: 'fleet/v1alpha1', kind: 'ReleaseIndex', name, version, ...whole, ways });
    });
  }

  /** Adds a way to get a release, unless it is there or not smaller than the whole; resolves with whether it was added. */
  addWay(release: ReleaseName, way: Pick<Way, 'method' | 'base'>, bytes: Uint8Array): Promise<boolean> {
    return this.#changes.run(async () => {
      const index = await this.index(release);
      if (index === undefined || bytes.length >= index.length) return false;
      if (index.ways.some(({ method, base }) => method === way.method && base === way.base)) return false;
      const ways = [...index.ways, { ...way, ...(await this.put(bytes)) }].sort((a, b) => a.length - b.length);
      await this.#writeIndex({ ...index, ways });
      return true;
    });
  }

  /** Whether a delta between these two was made before. */
  async wasTried(base: string, sha256: string): Promise<boolean> {
    const path = triedPath(base, sha256);
    if (this.#tried.has(path)) return true;
    if ((await this.#files.size(path)) === undefined) return false;
    this.#tried.add(path);
    return true;
  }

  async markTried(base: string, sha256: string): Promise<void> {
    const path = triedPath(base, sha256);
    await this.#files.write(path, new Uint8Array());
    this.#tried.add(path);
  }

  async #forgetTried(sha256: string): Promise<void> {
    const paths = await this.#files.list('tried', 1);
    for (const path of paths.filter((one) => one.endsWith(`-${sha256}`))) {
      this.#tried.delete(path);
      await this.#files.remove(path);
    }
  }

  /**
   * Removes what is not needed now and was not needed at the last call either: a device that read an index a moment ago
   * still finds what it names. Indexes go before blobs, so that no index ever names what is gone. Resolves with how many files.
   */
  collect(needed: Needed): Promise<number> {
    return this.#changes.run(async () => {
      const unneeded = await this.#unneeded(needed);
      const removed = unneeded.filter((path) => this.#doomed.has(path)).slice(0, removalsMax);
      for (const path of removed) {
        this.#found.delete(path.replace('sha256/', ''));
        this.#indexes.delete(path);
        this.#tried.delete(path);
        await this.#files.remove(path);
      }
      await this.#dropDeltas(new Set(removed));
      this.#doomed = new Set(unneeded);
      return removed.length;
    });
  }

  async #unneeded(needed: Needed): Promise<string[]> {
    const unneeded: string[] = [];
    const blobs = new Set(needed.blobs);
    for (const release of await this.releases()) {
      if (needed.releases.has(`${release.name}/${release.version}`)) {
        for (const { sha256 } of (await this.index(release))?.ways ?? []) blobs.add(sha256);
      } else unneeded.push(indexPath(release));
    }
    for (const path of await this.#files.list('sha256', 1)) {
      if (!blobs.has(path.slice('sha256/'.length))) unneeded.push(path);
    }
    for (const path of await this.#files.list('tried', 1)) {
      const key = path.slice('tried/'.length);
      const [base = '', sha256 = ''] = key.split('-');
      const isDemanded = base === sha256 || needed.deltas.has(key);
      if (!isDemanded || !blobs.has(base) || !blobs.has(sha256)) unneeded.push(path);
    }
    return unneeded;
  }

  /** Takes deltas that may be made again out of their indexes; their blobs go at later looks. */
  async #dropDeltas(removed: ReadonlySet<string>): Promise<void> {
    for (const release of await this.releases()) {
      const index = await this.index(release);
      if (index === undefined) continue;
      const ways = index.ways.filter(({ base }) => base === undefined || !removed.has(triedPath(base, index.sha256)));
      if (ways.length < index.ways.length) await this.#writeIndex({ ...index, ways });
    }
  }

  async #writeIndex(index: ReleaseIndex): Promise<void> {
    const path = indexPath(index);
    await this.#files.write(path, releaseIndexBytes(index));
    this.#indexes.set(path, index);
  }
}

function blobPath(sha256: string): string {
  return `sha256/${sha256}`;
}

function triedPath(base: string, sha256: string): string {
  return `tried/${deltaKey(base, sha256)}`;
}

function parseIndex(bytes: Uint8Array): ReleaseIndex | undefined {
  try {
    const index: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isReleaseIndex(index) ? index : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
