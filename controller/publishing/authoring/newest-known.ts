/**
 * The newest signed metadata that anybody tells of: what keys of this machine stood on, what the controller published, what git's history
 * has. An older file is signed as well as a newer one, and a signature on top of it would bring back what was taken out since.
 */
import type { Root, Targets } from '@tufjs/models';
import { rootDelegation } from '../../../artifact/trust/tuf/root.ts';
import { type Delegation, meetsThreshold } from '../../../artifact/trust/tuf/signatures.ts';
import { delegationOf, readTargets } from '../../../artifact/trust/tuf/targets.ts';
import { ifReadable } from '../if-readable.ts';
import { signedFile, type TrustFiles, targetsFile } from '../trust-files.ts';
import { TrustReader } from '../trust-reader.ts';
import { targetsFiles, type VerifiedTrust } from '../verify-trust.ts';
import { AuthoringError } from './authoring-error.ts';
import { describeReturn } from './describe-change.ts';
import { type KnownTrust, listWorkFolder, readWorkFile, type WorkTree, writeWorkFile } from './work-tree.ts';

/** Goes where the offline keys go. */
const newestFolder = '.fleet/keys/offline/newest';

/** Lines of a message; more are counted. */
const linesMax = 4;

/** What keys of this machine signed, or stood on. */
function remembered(tree: WorkTree): KnownTrust {
  const files = listWorkFolder(tree, newestFolder).flatMap((name) => {
    const bytes = readWorkFile(tree, `${newestFolder}/${name}`);
    return bytes === undefined ? [] : [[signedFile(name.replace(/\.json$/, '')), bytes] as const];
  });
  return { where: `${newestFolder}, of what was signed here`, files: new Map(files) };
}

/** All that a work tree's signed metadata is held against. */
export function knownTrust(tree: WorkTree): readonly KnownTrust[] {
  return [remembered(tree), ...(tree.known ?? [])];
}

/** Remembers what was signed, and what that stands on. */
export function rememberNewest(tree: WorkTree, trust: VerifiedTrust): void {
  const { files } = remembered(tree);
  for (const [role, { signed, bytes }] of targetsFiles(trust)) {
    const before = files.get(signedFile(role));
    const known = before && ifReadable(() => readTargets(before, role).signed.version);
    if (known === undefined || known < signed.version) writeWorkFile(tree, `${newestFolder}/${role}.json`, bytes);
  }
}

/** A file that is newer than the tree's and signed by those who sign it. */
interface Newer {
  readonly where: string;
  readonly signed: Targets;
}

/** States of a role's file that are known, as they are read: who signed them is not judged. */
export function knownStates(known: readonly KnownTrust[], role: string) {
  const path = signedFile(role);
  return known.flatMap(({ where, files }) => {
    const bytes = files.get(path);
    const file = bytes && ifReadable(() => readTargets(bytes, role));
    return file === undefined ? [] : [{ where, file }];
  });
}

function newestOf(known: readonly KnownTrust[], role: string, signers: Delegation): Newer | undefined {
  const read = knownStates(known, role);
  const newestFirst = read.sort((one, other) => other.file.signed.version - one.file.signed.version);
  const found = newestFirst.find(({ file }) => meetsThreshold(signers, file));
  return found && { where: found.where, signed: found.file.signed };
}

/** What a signature is to rest on. */
export interface Footing {
  /** `targets`, or an application. */
  readonly role: string;
  readonly signers: Delegation;
  /** Its version, or that of the newest which it was made of. */
  readonly version: number;
  /** What whoever signs will say by it. */
  readonly says: Targets;
}

/** The files of these roles, as far as they are there, as ground. */
export function footingsIn(files: TrustFiles, root: Root, roles: readonly string[]): readonly Footing[] {
  // The targets metadata says who signs each of them, and is read once for all.
  const reader = new TrustReader();
  const targets = files.get(targetsFile);
  const signersOf = (role: string): Delegation | undefined =>
    role === 'targets'
      ? rootDelegation(root, 'targets')
      : targets && delegationOf(reader.read(targets, 'targets').signed, role);
  return roles.flatMap((role) => {
    const bytes = files.get(signedFile(role));
    const signers = signersOf(role);
    if (bytes === undefined || signers === undefined) return [];
    const { signed } = reader.read(bytes, role);
    return [{ role, signers, version: signed.version, says: signed }];
  });
}

/**
 * Refuses to sign on top of what is older than something that is known, and says what that says no more. One that only lacks what was
 * added since, as after a `git revert`, brings nothing back.
 */
export function requireNewest(known: readonly KnownTrust[], footings: readonly Footing[]): void {
  for (const footing of footings) {
    const newest = newestOf(known, footing.role, footing.signers);
    if (newest !== undefined && newest.signed.version > footing.version) refuseReturn(footing, newest);
  }
}

function refuseReturn({ role, version, says }: Footing, { where, signed: newest }: Newer): void {
  const lines = describeReturn(newest, says);
  if (lines.length === 0) return;
  const path = signedFile(role);
  const more = lines.length > linesMax ? `; and ${lines.length - linesMax} more` : '';
  const message = `${path} is version ${version}, and version ${newest.version} is known (${where}). A signature on top of the older one would say again what was taken out since: it ${lines.slice(0, linesMax).join('; ')}${more}. Nothing was signed. Bring the newest back (\`git log --all -- ${path}\`, \`git checkout COMMIT -- ${path}\`); if it was signed here and given up, remove its file below ${newestFolder}`;
  throw new AuthoringError('TRUST_OLDER', message);
}
