/**
 * Blobs of a revision: manifests, parsed, and trust metadata. Both are kept by blob id across restarts, so that a restart
 * needs the repository for nothing that it read before.
 */
import type { Turn } from '../../platform/turn.ts';
import type { FileChange } from '../manifests/draft.ts';
import { isManifestPath } from '../manifests/manifest-path.ts';
import { parseManifestFile } from '../manifests/parse-file.ts';
import type { ParsedFile } from '../manifests/parsed-file.ts';
import { decodeParsedFile, encodeParsedFile } from '../manifests/parsed-file-cache.ts';
import { forEachInSteps, runInTurns, type Steps } from '../manifests/steps.ts';
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

function* slices<T>(all: Iterable<T>, length: number): Generator<readonly T[]> {
  let slice: T[] = [];
  for (const one of all) {
    if (slice.push(one) < length) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}

/** What the cache has of these. */
async function lookUp(cache: BlobCache, blobs: Iterable<string>, turn: Turn): Promise<Map<string, ParsedFile>> {
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
async function readAndParse(cache: BlobCache, readBlob: ReadBlob, blobs: Iterable<string>, turn: Turn) {
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

/** What differs, parsed, in the same order; from the cache where it is there. */
export async function readManifests(
  cache: BlobCache,
  readBlob: ReadBlob,
  changed: readonly ChangedPath[],
  turn: Turn,
): Promise<readonly FileChange[]> {
  const wanted = new Set<string>();
  const note = ({ oid }: ChangedPath) => oid !== undefined && wanted.add(oid);
  await runInTurns(forEachInSteps(changed, note), turn);
  const known = await lookUp(cache, wanted, turn);
  const read = await readAndParse(
    cache,
    readBlob,
    Iterator.from(wanted).filter((blob) => !known.has(blob)),
    turn,
  );
  const changes: FileChange[] = [];
  const take = ({ path, oid }: ChangedPath) =>
    changes.push({ path, file: oid === undefined ? undefined : (known.get(oid) ?? read.get(oid)) });
  await runInTurns(forEachInSteps(changed, take), turn);
  return changes;
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
