/**
 * Blobs of a revision: manifests, parsed, and trust metadata. Both are kept by blob id across restarts, so that a restart
 * needs the repository for nothing that it read before.
 */
import type { Turn } from '../../platform/turn.ts';
import { isManifestPath } from '../manifests/manifest-path.ts';
import { parseManifestFile } from '../manifests/parse-file.ts';
import type { ParsedFile } from '../manifests/parsed-file.ts';
import { decodeParsedFile, encodeParsedFile } from '../manifests/parsed-file-cache.ts';
import { forEachInSteps, type Steps } from '../manifests/steps.ts';
import type { BlobCache } from '../state/blob-cache.ts';

/** The bytes of a blob of the repository. */
export type ReadBlob = (id: string) => Promise<Uint8Array>;

const cacheRoom = 'parsed-manifests';
const trustRoom = 'trust-blobs';

/** Larger blobs are modules, which the artifact store keeps. */
const keptBlobBytesMax = 262_144;

/** A path whose blob differs between two revisions; without `oid` it is gone. */
export interface ChangedPath {
  readonly path: string;
  readonly oid?: string;
}

/** Of what differs, the manifests. */
export function* changedManifests(changes: readonly ChangedPath[]): Steps<readonly ChangedPath[]> {
  const manifests: ChangedPath[] = [];
  yield* forEachInSteps(changes, (change) => {
    if (isManifestPath(change.path)) manifests.push(change);
  });
  return manifests;
}

/** Blobs that are read from the repository together. */
const readAtOnce = 2_000;

/** Entries of the cache that are looked up or written together. */
const cachedAtOnce = 250;

function* slices<T>(all: readonly T[], length: number): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += length) yield all.slice(at, at + length);
}

/** What the cache has of these. */
async function lookUp(cache: BlobCache, blobs: readonly string[], turn: Turn): Promise<Map<string, ParsedFile>> {
  const known = new Map<string, ParsedFile>();
  for (const some of slices(blobs, cachedAtOnce)) {
    for (const [blob, bytes] of cache.get(cacheRoom, some)) {
      const parsed = decodeParsedFile(bytes);
      if (parsed !== undefined) known.set(blob, parsed);
    }
    await turn.rest();
  }
  return known;
}

/** Reads and parses what the cache does not have, and keeps it there. */
async function readAndParse(cache: BlobCache, readBlob: ReadBlob, blobs: readonly string[], turn: Turn) {
  const parsed = new Map<string, ParsedFile>();
  for (const some of slices(blobs, readAtOnce)) {
    // What is asked for at once is read together.
    const bytes = await Promise.all(some.map(readBlob));
    let fresh = new Map<string, Uint8Array>();
    for (const [index, blob] of some.entries()) {
      const file = parseManifestFile(bytes[index]!);
      parsed.set(blob, file);
      const encoded = encodeParsedFile(file);
      if (encoded !== undefined) fresh.set(blob, encoded);
      if (fresh.size >= cachedAtOnce) {
        cache.put(cacheRoom, fresh);
        fresh = new Map();
      }
      await turn.rest();
    }
    cache.put(cacheRoom, fresh);
  }
  return parsed;
}

/** Manifests of many blobs, parsed, in the same order; from the cache where they are there. */
export async function readManifests(
  cache: BlobCache,
  readBlob: ReadBlob,
  blobs: readonly (string | undefined)[],
  turn: Turn,
): Promise<(ParsedFile | undefined)[]> {
  const wanted = [...new Set(blobs.filter((blob) => blob !== undefined))];
  const known = await lookUp(cache, wanted, turn);
  const unknown = wanted.filter((blob) => !known.has(blob));
  const read = await readAndParse(cache, readBlob, unknown, turn);
  return blobs.map((blob) => (blob === undefined ? undefined : (known.get(blob) ?? read.get(blob))));
}

/** Reads blobs through what was read before. */
export function keepingBlobs(cache: BlobCache, readBlob: ReadBlob): ReadBlob {
  return async (id) => {
    const kept = cache.get(trustRoom, [id]).get(id);
    if (kept !== undefined) return kept;
    const bytes = await readBlob(id);
    if (bytes.length <= keptBlobBytesMax) cache.put(trustRoom, new Map([[id, bytes]]));
    return bytes;
  };
}
