/** Manifest files of a revision, parsed; what was parsed once is kept by blob id across restarts. */
import type { KeyValueStore } from '../devices/device-store.ts';
import { isManifestPath } from '../manifests/manifest-path.ts';
import { parseManifestFile } from '../manifests/parse-file.ts';
import { decodeParsedFile, encodeParsedFile, type ParsedFile } from '../manifests/parsed-file.ts';

/** Files of a revision: blob ids by path. */
export type RevisionFiles = ReadonlyMap<string, string>;

/** The bytes of a blob of the repository. */
export type ReadBlob = (id: string) => Promise<Uint8Array>;

const cacheRoom = 'parsed-manifests';

/** A manifest path whose blob differs between two revisions; without `blob` it is gone. */
export interface ChangedPath {
  readonly path: string;
  readonly blob: string | undefined;
}

/** Manifest paths that differ, in the order of their names. */
export function changedManifests(before: RevisionFiles, after: RevisionFiles): ChangedPath[] {
  const changed: ChangedPath[] = [];
  for (const [path, blob] of after) if (before.get(path) !== blob) changed.push({ path, blob });
  for (const path of before.keys()) if (!after.has(path)) changed.push({ path, blob: undefined });
  return changed.filter(({ path }) => isManifestPath(path)).sort((a, b) => (a.path < b.path ? -1 : 1));
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
