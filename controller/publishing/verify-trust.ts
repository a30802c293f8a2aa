/** Judges the signed metadata of a revision, from its oldest root to every release it names. */

import type { Root, Targets } from '@tufjs/models';
import { deploymentKeysPath, parseDeploymentKeys } from '../../artifact/trust/deployment-keys.ts';
import { TrustError } from '../../artifact/trust/error.ts';
import type { PublicKey } from '../../artifact/trust/keys.ts';
import type { MetadataFile } from '../../artifact/trust/tuf/metadata.ts';
import { nextRoot } from '../../artifact/trust/tuf/next-root.ts';
import { readRoot, rootDelegation, trustRoot } from '../../artifact/trust/tuf/root.ts';
import { delegationOf } from '../../artifact/trust/tuf/targets.ts';
import type { TrustedMetadata } from '../../artifact/trust/tuf/trusted.ts';
import type { Problem } from '../../schemas/generated/types.ts';
import { sha256Hex } from '../../schemas/sha256.ts';
import type { CataloguedRelease } from '../manifests/desired.ts';
import { isLargeFilePointer, largeFilePointerMessage } from '../manifests/large-file-pointer.ts';
import { conflictMessage, isInConflict } from './merge-conflict.ts';
import { parseTargetPath, targetPath } from './release-path.ts';
import { deploymentKeysFile, roleFile, rootFile, rootVersionOf, type TrustFiles, targetsFile } from './trust-files.ts';
import { TrustReader } from './trust-reader.ts';

/** Metadata whose signatures hold. Expiry is not judged here: it stops devices from installing, not a revision. */
export interface VerifiedTrust {
  /** Oldest first, without gaps; the last is in force. */
  readonly roots: readonly MetadataFile<Root>[];
  readonly targets: MetadataFile<Targets>;
  readonly roles: ReadonlyMap<string, MetadataFile<Targets>>;
  readonly deploymentKeys: { readonly bytes: Uint8Array; readonly keys: readonly PublicKey[] };
  /** By `NAME/VERSION`. */
  readonly releases: ReadonlyMap<string, CataloguedRelease>;
}

/** The targets metadata and that of every role, by name. */
export function targetsFiles({ targets, roles }: VerifiedTrust): readonly (readonly [string, MetadataFile<Targets>])[] {
  return [['targets', targets], ...roles];
}

/** The verified metadata, or all that is wrong with it. What `reader` knows already is not read again. */
export function verifyTrust(
  files: TrustFiles,
  reader: TrustReader = new TrustReader(),
): { readonly trust: VerifiedTrust } | { readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const roots = verifyRoots(problems, files);
  const root = roots.at(-1);
  if (root === undefined || problems.length > 0) return { problems };
  const targets = attempt(problems, targetsFile, 'TRUST_TARGETS', () => {
    const bytes = required(files, targetsFile);
    return reader.readSigned(bytes, 'targets', rootDelegation(root.signed, 'targets'), targetsFile);
  });
  if (targets === undefined) return { problems };
  const deploymentKeys = attempt(problems, deploymentKeysFile, 'TRUST_DEPLOYMENT_KEYS', () =>
    verifyDeploymentKeys(files, targets.signed),
  );
  const roles = new Map<string, MetadataFile<Targets>>();
  const releases = new Map<string, CataloguedRelease>();
  for (const name of Object.keys(targets.signed.delegations?.roles ?? {})) {
    attempt(problems, roleFile(name), 'TRUST_ROLE', () => {
      const role = verifyRole(files, targets.signed, name, reader);
      roles.set(name, role);
      for (const release of releasesOf(role.signed, name)) releases.set(`${name}/${release.version}`, release);
    });
  }
  if (problems.length > 0 || deploymentKeys === undefined) return { problems };
  return { trust: { roots, targets, roles, deploymentKeys, releases } };
}

function attempt<T>(problems: Problem[], file: string, code: string, judge: () => T): T | undefined {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    problems.push({ file, code: `${code}_${error.code}`, message: error.message });
    return undefined;
  }
}

function required(files: TrustFiles, path: string): Uint8Array {
  const bytes = files.get(path);
  if (bytes === undefined) throw new TrustError('METADATA_MISSING', `${path} is not in the repository`);
  if (isInConflict(bytes)) throw new TrustError('MALFORMED', conflictMessage(path));
  if (isLargeFilePointer(bytes)) throw new TrustError('MALFORMED', `${path}: ${largeFilePointerMessage}`);
  return bytes;
}

/** The chain of roots, as far as it holds; the file of the one that breaks it is named. */
function verifyRoots(problems: Problem[], files: TrustFiles): MetadataFile<Root>[] {
  const versions = [...files.keys()].flatMap((path) => rootVersionOf(path) ?? []).sort((a, b) => a - b);
  if (versions.length === 0) {
    const message = 'there is no trust/1.root.json; `fleet keys init` makes it';
    problems.push({ file: rootFile(1), code: 'TRUST_ROOT_METADATA_MISSING', message });
  }
  const roots: MetadataFile<Root>[] = [];
  let trusted: TrustedMetadata | undefined;
  for (const version of versions) {
    const root = attempt(problems, rootFile(version), 'TRUST_ROOT', () => {
      const bytes = required(files, rootFile(version));
      trusted = trusted === undefined ? trustRoot(bytes) : nextRoot(trusted, bytes);
      if (trusted.root.signed.version !== version) {
        throw new TrustError('VERSION_MISMATCH', `${rootFile(version)} is version ${trusted.root.signed.version}`);
      }
      return readRoot(bytes);
    });
    if (root === undefined) break;
    roots.push(root);
  }
  return roots;
}

/** The keys that may sign deployments, if their file is the one that the targets metadata names. Throws `TrustError`. */
export function verifyDeploymentKeys(files: TrustFiles, targets: Targets): VerifiedTrust['deploymentKeys'] {
  const others = Object.keys(targets.targets).filter((path) => path !== deploymentKeysPath);
  if (others.length > 0) {
    throw new TrustError('MALFORMED', `${targetsFile} may name ${deploymentKeysPath} only, not ${others.join(', ')}`);
  }
  const target = targets.targets[deploymentKeysPath];
  if (target === undefined)
    throw new TrustError('TARGET_MISSING', `${targetsFile} does not name ${deploymentKeysPath}`);
  const bytes = required(files, deploymentKeysFile);
  const sha256 = sha256Hex(bytes);
  if (bytes.length !== target.length || sha256 !== target.hashes.sha256) {
    throw new TrustError(
      'HASH_MISMATCH',
      `${deploymentKeysFile} has sha256 ${sha256}, signed is ${target.hashes.sha256}`,
    );
  }
  return { bytes, keys: parseDeploymentKeys(bytes) };
}

function verifyRole(files: TrustFiles, targets: Targets, name: string, reader: TrustReader): MetadataFile<Targets> {
  const { paths, terminating } = targets.delegations!.roles![name]!;
  if (!terminating || paths?.length !== 1 || paths[0] !== `${name}/*`) {
    throw new TrustError('MALFORMED', `role ${name} must be terminating with the one path ${name}/*`);
  }
  return reader.readSigned(required(files, roleFile(name)), name, delegationOf(targets, name)!, roleFile(name));
}

function releasesOf(role: Targets, name: string): CataloguedRelease[] {
  return Object.entries(role.targets).map(([path, { length, hashes }]) => {
    const release = parseTargetPath(path);
    if (release === undefined || release.name !== name) {
      throw new TrustError('MALFORMED', `${path} is not like ${targetPath({ name, version: 'VERSION' })}`);
    }
    const { sha256 } = hashes;
    if (!Number.isSafeInteger(length) || sha256 === undefined || !/^[0-9a-f]{64}$/.test(sha256)) {
      throw new TrustError('MALFORMED', `${path} must have a length and a sha256`);
    }
    return { ...release, sha256, length };
  });
}
