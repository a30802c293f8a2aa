/** Manifest files of a revision, parsed; what was parsed once is kept by blob id across restarts. */
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

/** Drops from the cache what the revision in force does not hold. */
export function pruneManifestCache(values: KeyValueStore, files: RevisionFiles): void {
  const held = new Set(files.values());
  values.atomically(() => {
    for (const blob of values.keys(cacheRoom)) if (!held.has(blob)) values.delete(cacheRoom, blob);
  });
}
