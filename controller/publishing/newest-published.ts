/** The newest versions that were published, which are known by their names also where the files can't be read any more. Pure. */
import type { Problem } from '../../schemas/generated/types.ts';
import { sha256Hex } from '../../schemas/sha256.ts';
import { travellingForm } from './travelling-form.ts';
import { roleFile, type TrustFiles, targetsFile } from './trust-files.ts';
import { targetsFiles, type VerifiedTrust } from './verify-trust.ts';

/** The version of a file that devices may have seen, and its digest where that is known. */
export interface PublishedVersion {
  readonly version: number;
  readonly sha256?: string;
}

/** By their names without the version: `targets.json` and those of roles. */
export type PublishedVersions = ReadonlyMap<string, PublishedVersion>;

/** What a list of served files tells where no snapshot does. */
export function newestNamed(files: readonly string[]): PublishedVersions {
  const newest = new Map<string, PublishedVersion>();
  for (const file of files) {
    const [, digits, name] = /^([1-9]\d{0,15})\.(.+\.json)$/.exec(file) ?? [];
    if (name === undefined || name === 'root.json' || name === 'snapshot.json') continue;
    const version = Number(digits);
    if (version > (newest.get(name)?.version ?? 0)) newest.set(name, { version });
  }
  return newest;
}

/** Whether a file whose digest nobody knows may be what was written: one that rotted is most likely no text, or no JSON. */
export function isMetadata(bytes: Uint8Array): boolean {
  try {
    return typeof JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) === 'object';
  } catch {
    return false;
  }
}

/** Refuses to go back behind what was published and can't be read any more: devices would refuse it, and nothing would tell why. */
export function judgeLost(trust: VerifiedTrust, newest: PublishedVersions, readable: TrustFiles): Problem[] {
  return targetsFiles(trust).flatMap(([name, { signed, bytes }]) => {
    const file = name === 'targets' ? targetsFile : roleFile(name);
    const before = newest.get(`${name}.json`);
    if (before === undefined || readable.has(file) || signed.version > before.version) return [];
    const lost = `version ${before.version} was published, and what is left of it can't be read`;
    if (signed.version < before.version) {
      const message = `${lost}; the tree brings version ${signed.version}, which devices refuse. Bring ${file} of version ${before.version} back from the branch's history, or sign one above it: \`fleet release sign --renew\` with the name of the role`;
      return [{ file, code: 'TRUST_ROLLBACK', message }];
    }
    if (before.sha256 === undefined || before.sha256 === sha256Hex(travellingForm(bytes))) return [];
    const message = `${lost}; the tree brings another content under this version. A change needs a version of its own: \`fleet release sign --renew\` with the name of the role gives it one`;
    return [{ file, code: 'TRUST_VERSION_REUSED', message }];
  });
}
