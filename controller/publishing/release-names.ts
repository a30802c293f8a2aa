/**
 * What every name and version that was ever in force meant: a release that was taken out and comes again is the same bytes, or it is
 * refused. The controller keeps the record beside what it published, where the command line reads it too.
 *
 *     {"crane/1.0.0": "SHA-256 in hexadecimal", …}    the one that came first is the first
 */
import type { Problem } from '../../schemas/generated/types.ts';
import type { Catalogue } from '../manifests/desired.ts';
import { parseTargetPath, releaseFile } from './release-path.ts';
import type { TrustFiles } from './trust-files.ts';

/** SHA-256 by `NAME/VERSION`. */
export type ReleaseNames = ReadonlyMap<string, string>;

/** Where the record lies among published files; no repository has such a file. */
export const releaseNamesFile = 'release-names.json';

/** Those that came first are forgotten when there are more, unless they are in force. */
export const releaseNamesMax = 16_384;

/** A name, a version and a digest are at most so long each, with what is around them. */
export const releaseNamesBytesMax = releaseNamesMax * 200 + 2;

/** Undefined where the bytes are no such record. */
export function readReleaseNames(bytes: Uint8Array): ReleaseNames | undefined {
  try {
    const record: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof record !== 'object' || record === null || Array.isArray(record)) return undefined;
    const entries = Object.entries(record);
    const isRight = ([key, sha256]: [string, unknown]): boolean =>
      parseTargetPath(`${key}.wasm`) !== undefined && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256);
    return entries.every(isRight) ? new Map(entries) : undefined;
  } catch {
    return undefined;
  }
}

/** The opposite of `readReleaseNames`. */
export function writeReleaseNames(names: ReleaseNames): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(Object.fromEntries(names)));
}

/** The record among these files; empty where there is none. */
export function releaseNamesIn(published: TrustFiles): ReleaseNames {
  const bytes = published.get(releaseNamesFile);
  return (bytes && readReleaseNames(bytes)) ?? new Map();
}

/** The record with the releases of a revision that comes into force; the same one where it has them all. */
export function withReleases(names: ReleaseNames, releases: Catalogue): ReleaseNames {
  const fresh = [...releases].filter(([key]) => !names.has(key));
  if (fresh.length === 0) return names;
  const all = new Map([...names, ...fresh.map(([key, { sha256 }]) => [key, sha256] as const)]);
  for (const key of names.keys()) if (all.size > releaseNamesMax && !releases.has(key)) all.delete(key);
  return all;
}

/** Releases whose name and version meant other bytes before. */
export function judgeReleaseNames(releases: Catalogue, names: ReleaseNames): Problem[] {
  return [...releases].flatMap(([key, release]) => {
    const before = names.get(key);
    if (before === undefined || before === release.sha256) return [];
    const title = `${release.name} ${release.version}`;
    const message = `${title} was in force with other bytes (sha256 ${before}, now ${release.sha256}): a name and version mean the same for ever, for devices and people tell releases apart by them. Take it out (\`fleet release remove ${title}\`) and release these bytes under another version (\`fleet release add\`)`;
    return [{ file: releaseFile(release), code: 'RELEASE_NAME_REUSED', message }];
  });
}
