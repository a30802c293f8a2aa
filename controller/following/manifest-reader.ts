/**
 * Blobs of a revision: manifests, parsed, and trust metadata. Both are kept by blob id across restarts, so that a restart
 * needs the repository for nothing that it read before.
 */
import { isManifestPath } from '../manifests/manifest-path.ts';
import { parseManifestFile } from '../manifests/parse-file.ts';
import type { ParsedFile } from '../manifests/parsed-file.ts';
import { decodeParsedFile, encodeParsedFile } from '../manifests/parsed-file-cache.ts';
import type { BlobCache, RevisionFiles } from '../state/blob-cache.ts';

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

/** The files of a revision, from those of another and what differs. */
export function changedFiles(before: RevisionFiles, changes: readonly ChangedPath[]): RevisionFiles {
  const files = new Map(before);
  for (const { path, oid } of changes) {
    if (oid === undefined) files.delete(path);
    else files.set(path, oid);
  }
  return files;
}

/** Of what differs, the manifests. */
export function changedManifests(changes: readonly ChangedPath[]): readonly ChangedPath[] {
  return changes.filter(({ path }) => isManifestPath(path));
}

/** Blobs that are looked up in the cache at once, between which others have their turn. */
const lookupsAtOnce = 1_000;

/** Reads and parses what the cache does not have. */
async function parseBlobs(readBlob: ReadBlob, blobs: readonly string[]): Promise<Map<string, ParsedFile>> {
  const parsed = new Map<string, ParsedFile>();
  // What is asked for at once is read together.
  const bytes = await Promise.all(blobs.map(readBlob));
  for (const [index, blob] of blobs.entries()) parsed.set(blob, parseManifestFile(bytes[index]!));
  return parsed;
}

async function readSome(
  cache: BlobCache,
  readBlob: ReadBlob,
  blobs: readonly string[],
): Promise<Map<string, ParsedFile>> {
  const known = new Map<string, ParsedFile>();
  for (const [blob, bytes] of cache.get(cacheRoom, blobs)) {
    const parsed = decodeParsedFile(bytes);
    if (parsed !== undefined) known.set(blob, parsed);
  }
  const read = await parseBlobs(
    readBlob,
    blobs.filter((blob) => !known.has(blob)),
  );
  const fresh = new Map<string, Uint8Array>();
  for (const [blob, parsed] of read) {
    known.set(blob, parsed);
    const encoded = encodeParsedFile(parsed);
    if (encoded !== undefined) fresh.set(blob, encoded);
  }
  cache.put(cacheRoom, fresh);
  return known;
}

/** Manifests of many blobs, parsed, in the same order; from the cache where they are there. */
export async function readManifests(
  cache: BlobCache,
  readBlob: ReadBlob,
  blobs: readonly (string | undefined)[],
  yieldTurn: () => Promise<void>,
): Promise<(ParsedFile | undefined)[]> {
  const wanted = [...new Set(blobs.filter((blob) => blob !== undefined))];
  const parsed = new Map<string, ParsedFile>();
  for (let at = 0; at < wanted.length; at += lookupsAtOnce) {
    for (const [blob, file] of await readSome(cache, readBlob, wanted.slice(at, at + lookupsAtOnce)))
      parsed.set(blob, file);
    if (wanted.length > lookupsAtOnce) await yieldTurn();
  }
  return blobs.map((blob) => (blob === undefined ? undefined : parsed.get(blob)));
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
