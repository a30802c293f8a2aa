import type { Targets } from '@tufjs/models';
import { delegationOf } from '../../../artifact/trust/tuf/targets.ts';
import type { Random } from '../../../platform/ports.ts';
import { sha256Hex } from '../../../schemas/sha256.ts';
import { lifetimesDays } from '../lifetimes.ts';
import { namePattern, type ReleaseName, releaseFile, targetPath, versionPattern } from '../release-path.ts';
import { roleFile, targetsFile } from '../trust-files.ts';
import { AuthoringError } from './authoring-error.ts';
import { keepSymbols, sbomFile, writeOrigin } from './beside-release.ts';
import { keyFile, readOrMakeKey } from './key-files.ts';
import { requireSameMeaning } from './known-names.ts';
import { nextRole, readable, readRole } from './role-file.ts';
import { type Announce, signFile } from './sign-file.ts';
import { roleSigners, signableFiles } from './signers.ts';
import { rememberSigned, requireStanding } from './standing.ts';
import type { FunctionSymbols } from './strip-debug.ts';
import { checkWasm, type WasmFacts } from './wasm-check.ts';
import { listWorkFolder, readWorkFile, type WorkTree, writeWorkFile } from './work-tree.ts';
import { expiryAfter, keyEntry, targetsOf, versionAfter } from './write-metadata.ts';

export interface AddReleaseOptions extends ReleaseName {
  readonly bytes: Uint8Array;
  /** Where the bytes came from, for messages. */
  readonly file: string;
  /** Whether it is one of several modules of an application, which its manifest links: then others judge what it imports. */
  readonly isLinked?: boolean;
  /** The registry's name of it, where it was taken from one. */
  readonly origin?: string;
  /** What its functions are called, where their names don't travel. */
  readonly symbols?: FunctionSymbols;
  /** A bill of what it is made of, which was read before: its digest is signed with the release. One that nobody named gives way to what was signed. */
  readonly sbom?: { readonly bytes: Uint8Array; readonly isNamed: boolean };
  readonly random: Random;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Told what is about to be signed, before it is. */
  readonly announce?: Announce;
}

const silently: Announce = () => {};

/** What became of a release that was added. */
export interface AddedRelease extends WasmFacts {
  readonly sha256: string;
  readonly length: number;
  /** False when it was there already, just so. */
  readonly added: boolean;
  /** The application's first: a role was delegated for it. */
  readonly delegated: boolean;
  /** False when no release key is on this machine: `signMetadata` where there is one completes it. */
  readonly signed: boolean;
}

/** Of a release, as in the deployment schema. */
export const releaseBytesMax = 256 * 1024 * 1024;

/** Names that TUF has for roles of its own. */
const reservedNames = ['root', 'targets', 'snapshot', 'timestamp'];

/**
 * Takes a Wasm file into the repository as a release, and names it in the metadata of the application's role, signed at
 * once by the release keys that are on this machine.
 */
export function addRelease(tree: WorkTree, options: AddReleaseOptions): AddedRelease {
  const { name, version, bytes, file, isLinked = false } = options;
  checkNames(options);
  if (bytes.length > releaseBytesMax) {
    throw new AuthoringError(
      'TOO_LARGE',
      `${file} has ${bytes.length} bytes, at most ${releaseBytesMax} can be released`,
    );
  }
  const facts = checkWasm(bytes, file, isLinked);
  const sha256 = sha256Hex(bytes);
  const release = { name, version };
  requireSameOrNew(tree, release, sha256);
  requireRoleOfOthers(tree, release);
  const isSignedNow = mayBeSigned(tree, name);
  if (isSignedNow) requireStanding(tree, [name], { ground: 'itself', now: options.now });
  requireSameMeaning(tree, release, sha256);
  const delegated = delegateRole(tree, options);
  const role = readRole(tree, name);
  const path = targetPath(release);
  const before = role?.signed.targets[path];
  const sbom = judgeSbom(release, before?.custom.sbom, options.sbom);
  const custom = sbom === undefined ? facts : { ...facts, sbom };
  const target = { length: bytes.length, hashes: { sha256 }, custom };
  if (before !== undefined && before.hashes.sha256 !== sha256) throw taken(release);
  const added = before === undefined;
  const targets = { ...(role?.signed.toJSON().targets as object | undefined), [path]: target };
  const { now, announce = silently } = options;
  const isSaid = !added && before.custom.sbom === sbom;
  const metadata = isSaid ? undefined : nextRole(tree, { name, role, targets, now, announce });
  // The file before the metadata that names it: what is signed is there.
  writeWorkFile(tree, releaseFile(release), bytes);
  if (options.origin !== undefined) writeOrigin(tree, release, options.origin);
  if (options.symbols !== undefined) keepSymbols(tree, release, options.symbols, sha256);
  if (options.sbom !== undefined && sbom === sha256Hex(options.sbom.bytes))
    writeWorkFile(tree, sbomFile(release), options.sbom.bytes);
  if (metadata !== undefined) writeWorkFile(tree, roleFile(name), metadata);
  if (isSignedNow) rememberSigned(tree, announce);
  const signed = (readRole(tree, name)?.signatures.size ?? 0) > 0;
  return { ...facts, sha256, length: bytes.length, added, delegated, signed };
}

/** Whether keys on this machine will sign; what nobody signs now vouches for nothing. */
function mayBeSigned(tree: WorkTree, name: string): boolean {
  const targets = signableFiles(tree).find(({ role }) => role === 'targets')!;
  return delegationOf(targets.file.signed as Targets, name) === undefined || roleSigners(tree, name).length > 0;
}

function checkNames({ name, version }: ReleaseName): void {
  if (!namePattern.test(name) || reservedNames.includes(name)) {
    throw new AuthoringError(
      'BAD_NAME',
      `${JSON.stringify(name)} cannot be an application's name: lower-case letters, digits and dashes, at most 63, not ${reservedNames.join(', ')}`,
    );
  }
  if (!versionPattern.test(version)) {
    throw new AuthoringError(
      'BAD_VERSION',
      `${JSON.stringify(version)} cannot be a version: letters, digits and . - + _, at most 64, the first no sign`,
    );
  }
}

function requireSameOrNew(tree: WorkTree, release: ReleaseName, sha256: string): void {
  const there = readWorkFile(tree, releaseFile(release));
  if (there !== undefined && sha256Hex(there) !== sha256) throw taken(release);
}

/** A role that is gone while releases of it are here would begin anew, without them. */
function requireRoleOfOthers(tree: WorkTree, { name, version }: ReleaseName): void {
  if (readWorkFile(tree, roleFile(name)) !== undefined) return;
  const own = releaseFile({ name, version });
  const cut = own.lastIndexOf('/');
  const others = listWorkFolder(tree, own.slice(0, cut)).filter(
    (file) => file.endsWith('.wasm') && file !== own.slice(cut + 1),
  );
  if (others.length === 0) return;
  const message = `${roleFile(name)} does not exist, and what would be signed in its place names none of the releases before (${others[0]}). Nothing was signed. Restore it with git`;
  throw new AuthoringError('TRUST_MISSING', message);
}

/** The digest to be signed: of a bill that comes now, else of the one that was signed before, and never of another. */
function judgeSbom(release: ReleaseName, before: unknown, found: AddReleaseOptions['sbom']): string | undefined {
  const known = typeof before === 'string' ? before : undefined;
  const sha256 = found && sha256Hex(found.bytes);
  if (known === undefined) return sha256;
  if (found === undefined || !found.isNamed || known === sha256) return known;
  const message = `${sbomFile(release)} was signed with other content; what a release is made of never changes`;
  throw new AuthoringError('VERSION_TAKEN', message);
}

function taken(release: ReleaseName): AuthoringError {
  const message = `${releaseFile(release)} is there with other content; a release never changes, give this one a new version`;
  return new AuthoringError('VERSION_TAKEN', message);
}

/** Delegates to the application's role unless that is done; true when it did. */
function delegateRole(tree: WorkTree, { name, random, now, announce = silently }: AddReleaseOptions): boolean {
  const { file, signers } = signableFiles(tree).find(({ role }) => role === 'targets')!;
  const signed = file.signed as Targets;
  if (delegationOf(signed, name) !== undefined) return false;
  if (signers.length === 0) {
    const message = `the first release of ${name} needs the targets key at ${keyFile('targets')}, to delegate to a key of its own`;
    throw new AuthoringError('KEY_MISSING', message);
  }
  const path = keyFile(`release-${name}`);
  if (readWorkFile(tree, path) !== undefined) announce([`${path} lay there before: ${name} is delegated to that key`]);
  const { publicKey } = readOrMakeKey(tree, random, `release-${name}`);
  const json = signed.toJSON();
  const delegations = (json.delegations ?? { keys: {}, roles: [] }) as { keys: object; roles: object[] };
  const role = { name, keyids: [publicKey.keyId], threshold: 1, terminating: true, paths: [`${name}/*`] };
  const next = targetsOf({
    ...json,
    version: versionAfter(signed.version, now),
    expires: expiryAfter(now, lifetimesDays.targets),
    delegations: {
      ...delegations,
      keys: { ...delegations.keys, [publicKey.keyId]: keyEntry(publicKey).toJSON() },
      roles: [...delegations.roles, role],
    },
  });
  const signing = { path: targetsFile, before: signed, after: next, signers };
  writeWorkFile(tree, targetsFile, readable(signFile(signing, announce), 'targets'));
  return true;
}
