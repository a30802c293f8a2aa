/**
 * What every name and version that was ever in force meant: a release that was taken out and comes again is the same bytes, or it is
 * refused. The controller keeps the record beside what it published, where the command line reads it too, signed by its snapshot
 * key: whoever else can write there could have right releases refused.
 *
 *     {"names": {"crane/1.0.0": "SHA-256 in hexadecimal", …}, "keyid": "…", "sig": "base64"}     the one that came first is the first
 */
import { preAuthenticationEncoding } from '../../artifact/trust/dsse.ts';
import { type PrivateKey, type PublicKey, signBytes, verifyBytes } from '../../artifact/trust/keys.ts';
import type { Problem } from '../../schemas/generated/types.ts';
import { isObject } from '../../schemas/json-object.ts';
import type { Catalogue } from '../manifests/desired.ts';
import { parseTargetPath, releaseFile } from './release-path.ts';

/** SHA-256 by `NAME/VERSION`. */
export type ReleaseNames = ReadonlyMap<string, string>;

/** Where the record lies among published files; no repository has such a file. */
export const releaseNamesFile = 'release-names.json';

/** Those that came first are forgotten when there are more, unless they are in force. */
export const releaseNamesMax = 16_384;

/** A name, a version and a digest are at most so long each, with what is around them. */
export const releaseNamesBytesMax = releaseNamesMax * 200 + 400;

/** A signature of the record is none of anything else. */
const recordType = 'application/vnd.fleet.release-names+json';

type Text = Readonly<Record<string, string>>;

function messageOf(names: Text): Uint8Array {
  return preAuthenticationEncoding(recordType, new TextEncoder().encode(JSON.stringify(names)));
}

function isEntry([key, sha256]: [string, unknown]): boolean {
  return parseTargetPath(`${key}.wasm`) !== undefined && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256);
}

/** Undefined where the bytes are no such record, or none that one of these signed. */
export function readReleaseNames(bytes: Uint8Array, signers: readonly PublicKey[]): ReleaseNames | undefined {
  try {
    const record: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (!isObject(record) || !isObject(record.names)) return undefined;
    const signer = signers.find(({ keyId }) => keyId === record.keyid);
    const entries = Object.entries(record.names);
    if (signer === undefined || typeof record.sig !== 'string' || !entries.every(isEntry)) return undefined;
    const isSigned = verifyBytes(signer, messageOf(record.names as Text), Buffer.from(record.sig, 'base64'));
    return isSigned ? new Map(entries as [string, string][]) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** The opposite of `readReleaseNames`. */
export function writeReleaseNames(names: ReleaseNames, key: PrivateKey): Uint8Array {
  const text: Text = Object.fromEntries(names);
  const sig = Buffer.from(signBytes(key, messageOf(text))).toString('base64');
  return new TextEncoder().encode(JSON.stringify({ names: text, keyid: key.keyId, sig }));
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
