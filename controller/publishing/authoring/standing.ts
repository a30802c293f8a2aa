/**
 * What a signature stands on. Whoever signs vouches for all that the file says, and for all that it is a next version of: before
 * that, everything below it is verified, from a root that lies beside the keys, where no pull request can write.
 */
import { TrustError } from '../../../artifact/trust/error.ts';
import { readRoot } from '../../../artifact/trust/tuf/root.ts';
import { deploymentKeysFile, roleFile, rootFile, rootVersionOf, type TrustFiles, targetsFile } from '../trust-files.ts';
import { verifyTrust } from '../verify-trust.ts';
import { AuthoringError } from './authoring-error.ts';
import { footingsIn, knownTrust, rememberNewest, requireNewest } from './newest-known.ts';
import { requireNoneRevoked } from './revoked-keys.ts';
import type { Announce } from './sign-file.ts';
import { readTrustFiles, readWorkFile, type WorkTree, writeWorkFile } from './work-tree.ts';
import { requireClock } from './write-metadata.ts';

/** The newest root that keys of this machine have signed under. It goes where the offline keys go. */
const trustedRootFile = '.fleet/keys/offline/trusted-root.json';

/** `root`, `targets` or an application's name. */
export type RoleName = string;

/** How much of a role must verify before it is signed. */
export type Ground =
  /** All that it hangs on; the file itself may still lack signatures. */
  | 'below'
  /** The file too: what is signed is its next version. */
  | 'itself';

/** What is asked of it. */
export interface Standing {
  readonly ground: Ground;
  /** By the clock that is signed by, in milliseconds since the epoch. */
  readonly now: number;
}

/** Refuses to sign for a role of a work tree unless all that the signature would vouch for unseen verifies. */
export function requireStanding(tree: WorkTree, roles: readonly RoleName[], { ground, now }: Standing): void {
  if (roles.length === 0) return;
  const files = readTrustFiles(tree);
  requireTrustedRoot(tree, files);
  const verified = verifyTrust(files);
  const below = rolesBelow(roles, ground);
  const roots = rootsBelow(files, roles, ground);
  const paths = new Set([...roots, ...below.flatMap((role) => pathsOf(files, role))]);
  const problem = 'problems' in verified ? verified.problems.find(({ file }) => paths.has(file)) : undefined;
  if (problem !== undefined) {
    const message = `${problem.file} is not what its keys signed, and a signature now would vouch for it: ${problem.message}. Nothing was signed. Restore it with git, or have it signed first: \`fleet release sign\` shows what it says`;
    throw new AuthoringError('TRUST_UNSIGNED', message);
  }
  if (roles.some((role) => role !== 'root')) requireNoneRevoked(tree, files);
  const root = readRoot(files.get(rootPaths(files).at(-1)!)!).signed;
  requireNewest(knownTrust(tree), footingsIn(files, root, below));
  // A root's own version tells no time, as those of others do when they are signed.
  if (roles.includes('root') && 'trust' in verified) requireClock(verified.trust.targets.signed.version, now);
}

/** Paths of all roots, the newest last. */
function rootPaths(files: TrustFiles): readonly string[] {
  return [...files.keys()]
    .filter((path) => rootVersionOf(path) !== undefined)
    .sort((one, other) => rootVersionOf(one)! - rootVersionOf(other)!);
}

/** The newest root is below whatever else is signed. */
function rootsBelow(files: TrustFiles, roles: readonly RoleName[], ground: Ground): readonly string[] {
  const isNewestBelow = ground === 'itself' || roles.some((role) => role !== 'root');
  return isNewestBelow ? rootPaths(files) : rootPaths(files).slice(0, -1);
}

/** Roles whose files say what a signature for these says on, or hangs on. */
function rolesBelow(roles: readonly RoleName[], ground: Ground): readonly RoleName[] {
  const signed = roles.filter((role) => role !== 'root');
  const isOfApplication = signed.some((role) => role !== 'targets');
  return [...new Set([...(isOfApplication ? ['targets'] : []), ...(ground === 'itself' ? signed : [])])];
}

function pathsOf(files: TrustFiles, role: RoleName): readonly string[] {
  if (role === 'targets') return [targetsFile, deploymentKeysFile];
  const path = roleFile(role);
  // A role that has no file yet begins with the one that is signed now.
  return files.has(path) ? [path] : [];
}

/** Whether keys of this machine have signed under a root before. */
export function hasTrustedRoot(tree: WorkTree): boolean {
  return readWorkFile(tree, trustedRootFile) !== undefined;
}

/**
 * Remembers beside the keys what they signed, and what that stands on; says so when no root lay there before: nothing was compared
 * with it.
 */
export function rememberSigned(tree: WorkTree, announce: Announce): void {
  const files = readTrustFiles(tree);
  const newest = rootPaths(files).at(-1)!;
  const bytes = files.get(newest)!;
  const before = readWorkFile(tree, trustedRootFile);
  if (before === undefined || !Buffer.from(before).equals(bytes)) writeWorkFile(tree, trustedRootFile, bytes);
  if (before === undefined) announce([`no root lay beside the keys here: ${newest} is trusted from now on`]);
  const verified = verifyTrust(files);
  if ('trust' in verified) rememberNewest(tree, verified.trust);
}

/** Refuses a tree whose chain of roots does not lead through the one that keys of this machine signed under. */
export function requireTrustedRoot(tree: WorkTree, files: TrustFiles): void {
  const known = readWorkFile(tree, trustedRootFile);
  if (known === undefined) return;
  try {
    const trusted = readRoot(known);
    const path = rootFile(trusted.signed.version);
    const bytes = files.get(path);
    if (bytes !== undefined && Buffer.from(readRoot(bytes).signedBytes).equals(trusted.signedBytes)) return;
    const what = bytes === undefined ? 'is not here, and it is the root' : 'is another root than the one';
    const message = `${path} ${what} that the keys on this machine signed under (${trustedRootFile}): this is another fleet, or an older or forged state of yours. Nothing was signed`;
    throw new AuthoringError('TRUST_FOREIGN', message);
  } catch (cause) {
    if (!(cause instanceof TrustError)) throw cause;
    throw new AuthoringError('TRUST_FOREIGN', `${cause.message}. Nothing was signed`, { cause });
  }
}
