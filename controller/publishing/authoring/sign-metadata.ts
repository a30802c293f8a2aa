import { Root, type Targets } from '@tufjs/models';
import type { PrivateKey } from '../../../artifact/trust/keys.ts';
import { readRoot } from '../../../artifact/trust/tuf/root.ts';
import { hasSigned, trustedKey } from '../../../artifact/trust/tuf/signatures.ts';
import { lifetimesDays } from '../lifetimes.ts';
import { rootFile } from '../trust-files.ts';
import { AuthoringError } from './authoring-error.ts';
import { deploymentSignersText } from './deployment-signers.ts';
import { type Announce, signFile } from './sign-file.ts';
import { type SignableFile, signableFiles } from './signers.ts';
import { type RoleName, rememberSigned, requireStanding } from './standing.ts';
import { readTrustFiles, readWorkFile, type WorkTree, writeWorkFile } from './work-tree.ts';
import { expiryAfter, targetsOf, versionAfter } from './write-metadata.ts';

export interface SignOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Gives what is signed a new version that expires later. */
  readonly renew: boolean;
  /** What to sign, by role: `root`, `targets`, applications. The others are only looked at. */
  readonly roles: readonly RoleName[] | 'all';
  /** Told what is about to be signed, before it is. */
  readonly announce: Announce;
}

/** Where the signatures of one metadata file stand. */
export interface SigningState {
  readonly role: RoleName;
  readonly path: string;
  readonly version: number;
  readonly expires: string;
  /** Signatures that were made now. */
  readonly added: number;
  readonly signatures: number;
  readonly threshold: number;
}

/**
 * Adds the signatures that keys on this machine can make for the roles that were asked for, and tells how all stand. What a
 * signature stands on is verified; what it says is announced, whole where the file itself is not fully signed yet.
 */
export function signMetadata(tree: WorkTree, options: SignOptions): SigningState[] {
  const files = signableFiles(tree);
  const { roles, renew } = options;
  const unknown = roles === 'all' ? undefined : roles.find((name) => !files.some(({ role }) => role === name));
  if (unknown !== undefined) {
    const known = files.map(({ role }) => role).join(', ');
    throw new AuthoringError('ROLE_UNKNOWN', `there is no role ${JSON.stringify(unknown)} to sign; there are ${known}`);
  }
  const isAsked = ({ role }: SignableFile) => roles === 'all' || roles.includes(role);
  const toSign = files.filter((signable) => isAsked(signable) && missingSigners(signable, renew).length > 0);
  // All before any: what is not signed in the end is not signed by half.
  requireStanding(
    tree,
    toSign.map(({ role }) => role),
    { ground: renew ? 'itself' : 'below', now: options.now },
  );
  const states = files.map((signable) =>
    toSign.includes(signable)
      ? signOne(tree, signable, options)
      : stateOf(signable, signable.file.signed, validSignatures(signable), 0),
  );
  if (toSign.length > 0) rememberSigned(tree, options.announce);
  return states;
}

function missingSigners({ signers, file }: SignableFile, renew: boolean): readonly PrivateKey[] {
  return renew ? signers : signers.filter(({ publicKey }) => !hasSigned(publicKey, file));
}

function signOne(tree: WorkTree, signable: SignableFile, { renew, now, announce }: SignOptions): SigningState {
  const { file, role } = signable;
  const missing = missingSigners(signable, renew);
  const after = renew ? renewed(file.signed, now) : file.signed;
  const path = role === 'root' ? rootFile(after.version) : signable.path;
  const before = verifiedBefore(tree, signable);
  if (role === 'targets' && before === undefined)
    announce([deploymentSignersText(readTrustFiles(tree), after as Targets)]);
  const signatures = renew ? new Map<string, string>() : file.signatures;
  const signing = { path, ...(before && { before }), after, signers: missing, signatures };
  writeWorkFile(tree, path, signFile(signing, announce));
  const count = renew ? missing.length : validSignatures(signable) + missing.length;
  return { ...stateOf(signable, after, count, missing.length), path };
}

/** What the words may leave out, because it is signed already: the file itself, or the root before this one. */
function verifiedBefore(tree: WorkTree, signable: SignableFile): Root | Targets | undefined {
  const { file, delegation, role } = signable;
  if (validSignatures(signable) >= delegation.role.threshold) return file.signed;
  const bytes = role === 'root' ? readWorkFile(tree, rootFile(file.signed.version - 1)) : undefined;
  return bytes === undefined ? undefined : readRoot(bytes).signed;
}

function stateOf(
  { role, path, delegation }: SignableFile,
  { version, expires }: Root | Targets,
  signatures: number,
  added: number,
): SigningState {
  return { role, path, version, expires, added, signatures, threshold: delegation.role.threshold };
}

function validSignatures({ file, delegation, path }: SignableFile): number {
  return delegation.role.keyIDs.filter((keyId) => {
    const key = trustedKey(delegation, keyId, path);
    return key !== undefined && hasSigned(key, file);
  }).length;
}

function renewed(signed: Root | Targets, now: number): Root | Targets {
  const isRoot = signed instanceof Root;
  const expires = expiryAfter(now, isRoot ? lifetimesDays.root : lifetimesDays.targets);
  const version = isRoot ? signed.version + 1 : versionAfter(signed.version, now);
  const json = { ...signed.toJSON(), version, expires };
  return isRoot ? Root.fromJSON(json) : targetsOf(json);
}
