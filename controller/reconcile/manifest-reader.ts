/**
 * Blobs of a revision: manifests, parsed, and trust metadata. Both are kept by blob id across restarts, so that a restart
 * needs the repository for nothing that it read before.
 */
import type { KeyValueStore } from '../devices/device-store.ts';
import { isManifestPath } from '../manifests/manifest-path.ts';
import { parseManifestFile } from '../manifests/parse-file.ts';
import type { ParsedFile } from '../manifests/parsed-file.ts';
import { decodeParsedFile, encodeParsedFile } from '../manifests/parsed-file-cache.ts';

/** Files of a revision: blob ids by path. */
export type RevisionFiles = ReadonlyMap<string, string>;

/** The bytes of a blob of the repository. */
export type ReadBlob = (id: string) => Promise<Uint8Array>;

const cacheRoom = 'parsed-manifests';
const trustRoom = 'trust-blobs';

/** Blobs are asked for this many at a time: what is asked for at once is read together. */
const readsAtOnce = 5_000;

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

/** The parsed file of a blob, from the cache when it is there. */
export async function readManifest(values: KeyValueStore, readBlob: ReadBlob, blob: string): Promise<ParsedFile> {
  const cached = values.get(cacheRoom, blob);
  const known = cached === undefined ? undefined : decodeParsedFile(cached);
  if (known !== undefined) return known;
  const parsed = parseManifestFile(await readBlob(blob));
  const encoded = encodeParsedFile(parsed);
  if (encoded !== undefined) values.set(cacheRoom, blob, encoded);
  return parsed;
}

/** Manifests of many blobs, in the same order. */
export async function readManifests(
  values: KeyValueStore,
  readBlob: ReadBlob,
  blobs: readonly (string | undefined)[],
): Promise<(ParsedFile | undefined)[]> {
  const parsed: (ParsedFile | undefined)[] = [];
  for (let at = 0; at < blobs.length; at += readsAtOnce) {
    const some = blobs.slice(at, at + readsAtOnce);
    const read = (blob: string | undefined) => (blob === undefined ? undefined : readManifest(values, readBlob, blob));
    parsed.push(...(await Promise.all(some.map(read))));
  }
  return parsed;
}

/** Reads blobs through what was read before. */
export function keepingBlobs(values: KeyValueStore, readBlob: ReadBlob): ReadBlob {
  return async (id) => {
    const kept = values.get(trustRoom, id);
    if (kept !== undefined) return kept;
    const bytes = await readBlob(id);
    if (bytes.length <= keptBlobBytesMax) values.set(trustRoom, id, bytes);
    return bytes;
  };
}

/** Drops what the revision in force does not hold. */
export function pruneBlobs(values: KeyValueStore, files: RevisionFiles): void {
  const held = new Set(files.values());
  values.atomically(() => {
    for (const room of [cacheRoom, trustRoom]) {
      for (const blob of values.keys(room)) if (!held.has(blob)) values.delete(room, blob);
    }
  });
}
