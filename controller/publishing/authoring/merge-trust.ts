/**
 * Merges the signed metadata of two branches. Text merges make a file that nobody signed; here both sides are verified first, what
 * they name is united, and what differs from both gets a version above both and is signed anew.
 */
import type { Root, Targets } from '@tufjs/models';
import { deploymentKeysPath } from '../../../artifact/trust/deployment-keys.ts';
import type { MetadataFile } from '../../../artifact/trust/tuf/metadata.ts';
import { rootDelegation } from '../../../artifact/trust/tuf/root.ts';
import { type Delegation, meetsThreshold, trustedKey } from '../../../artifact/trust/tuf/signatures.ts';
import { delegationOf } from '../../../artifact/trust/tuf/targets.ts';
import { lifetimesDays } from '../lifetimes.ts';
import { deploymentKeysFile, rootFile, signedFile, type TrustFiles } from '../trust-files.ts';
import { targetsFiles, type VerifiedTrust, verifyTrust } from '../verify-trust.ts';
import { AuthoringError } from './authoring-error.ts';
import { newSignersText } from './deployment-signers.ts';
import { offlineKeys } from './key-files.ts';
import { footingsIn, knownTrust, requireNewest } from './newest-known.ts';
import { requireNoneRevoked } from './revoked-keys.ts';
import { type Announce, signFile } from './sign-file.ts';
import { rememberSigned, requireTrustedRoot } from './standing.ts';
import { mergeThreeWay } from './three-way.ts';
import { type WorkTree, writeWorkFile } from './work-tree.ts';
import { expiryAfter, targetsOf, versionAfter } from './write-metadata.ts';

/** The signed metadata of the commits that are merged, and of the one that both come from, if there is one. */
export interface MergeSides {
  readonly base: TrustFiles | undefined;
  readonly ours: TrustFiles;
  readonly theirs: TrustFiles;
  /** `theirs` is what was before `base`, which is taken back. */
  readonly isBack?: boolean;
}

/** How to sign what comes of it. */
export interface MergeOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly announce: Announce;
}

/** What the merge wrote. */
export interface MergedTrust {
  /** Paths from the top of the repository. */
  readonly files: readonly string[];
  /** Roles whose keys are not on this machine: `signMetadata` where they are completes the merge. */
  readonly unsigned: readonly string[];
}

/** Writes the merged metadata into the work tree, whatever lies there. Nothing is written when the sides do not go together. */
export function mergeTrust(tree: WorkTree, sides: MergeSides, options: MergeOptions): MergedTrust {
  const [ours, theirs] = [verified(tree, sides.ours, 'ours'), verified(tree, sides.theirs, 'theirs')];
  const base = sides.base === undefined ? undefined : pastOf(sides.base);
  const roots = mergeRoots(ours, theirs);
  const root = roots.at(-1)!;
  const { now, announce } = options;
  const words: string[] = [];
  const merge = (name: string, delegation: Delegation, files: ThreeFiles) =>
    mergeFile(tree, name, delegation, files, { now, announce: (lines) => words.push(...lines) });
  const results = [
    merge('targets', rootDelegation(root.signed, 'targets'), {
      base: base?.targets,
      ours: ours.targets,
      theirs: theirs.targets,
    }),
  ];
  const targets = results[0]!.signed;
  for (const name of Object.keys(targets.delegations?.roles ?? {})) {
    const [our, their] = [ours.roles.get(name), theirs.roles.get(name)];
    const files = { base: base?.roles.get(name), ours: (our ?? their)!, theirs: (their ?? our)! };
    results.push(merge(name, delegationOf(targets, name)!, files));
  }
  requireNoneLost(targets, base, [ours, theirs]);
  const written = new Map<string, Uint8Array>(roots.map(({ signed, bytes }) => [rootFile(signed.version), bytes]));
  const deploymentKeys = deploymentKeysOf(targets, [ours, theirs]);
  written.set(deploymentKeysFile, deploymentKeys.bytes);
  for (const { path, bytes } of results) written.set(path, bytes);
  requireNoneRevoked(tree, written);
  requireNoReturn(root.signed, sides, [ours, theirs]);
  requireNewest(
    knownTrust(tree),
    results.map(({ name, signed, newest, signers }) => ({ role: name, signers, version: newest, says: signed })),
  );
  if (deploymentKeys !== ours.deploymentKeys) words.push(newSignersText(deploymentKeys.keys, ours.deploymentKeys.keys));
  if (words.length > 0) announce(words);
  for (const [path, bytes] of written) writeWorkFile(tree, path, bytes);
  rememberSigned(tree, announce);
  return { files: [...written.keys()], unsigned: results.filter(({ isSigned }) => !isSigned).map(({ name }) => name) };
}

function verified(tree: WorkTree, files: TrustFiles, side: string): VerifiedTrust {
  requireTrustedRoot(tree, files);
  const judged = verifyTrust(files);
  if ('trust' in judged) return judged.trust;
  const { file, message } = judged.problems[0]!;
  throw new AuthoringError(
    'TRUST_UNSIGNED',
    `${file} of ${side} does not verify: ${message}. Nothing was merged or signed`,
  );
}

/** Refuses a side that went back behind the past of both: what was taken out since would count as added. */
function requireNoReturn(root: Root, { base, isBack = false }: MergeSides, sides: readonly VerifiedTrust[]): void {
  if (base === undefined || isBack) return;
  const past = [{ where: 'where the two sides come from', files: base }];
  for (const side of sides) {
    const files = new Map(targetsFiles(side).map(([name, { bytes }]) => [signedFile(name), bytes]));
    requireNewest(past, footingsIn(files, root, ['targets', ...side.roles.keys()]));
  }
}

/** An application that one side took out while the other released it: which is right is for people to say. */
function requireNoneLost(targets: Targets, base: VerifiedTrust | undefined, sides: readonly VerifiedTrust[]): void {
  for (const [name, { signed }] of sides.flatMap(({ roles }) => [...roles])) {
    const before = base?.roles.get(name);
    const isUnchanged = before !== undefined && sameContent(contentOf(before.signed), contentOf(signed));
    if (isUnchanged || delegationOf(targets, name) !== undefined) continue;
    throw conflict(`one side delegates ${name} no more, and the other changed ${signedFile(name)}`);
  }
}

/** A past that does not verify tells nothing of what was removed since: all that either side has then stays. */
function pastOf(files: TrustFiles): VerifiedTrust | undefined {
  const judged = verifyTrust(files);
  return 'trust' in judged ? judged.trust : undefined;
}

function mergeRoots({ roots: ours }: VerifiedTrust, { roots: theirs }: VerifiedTrust): VerifiedTrust['roots'] {
  const [longer, shorter] = ours.length >= theirs.length ? [ours, theirs] : [theirs, ours];
  const at = shorter.findIndex((root, index) => !Buffer.from(root.signedBytes).equals(longer[index]!.signedBytes));
  if (at === -1) return longer;
  const path = rootFile(shorter[at]!.signed.version);
  throw conflict(`${path} differs on the two sides: root keys have to make one root, by hand`);
}

interface ThreeFiles {
  readonly base: MetadataFile<Targets> | undefined;
  readonly ours: MetadataFile<Targets>;
  readonly theirs: MetadataFile<Targets>;
}

interface MergedFile {
  readonly name: string;
  readonly path: string;
  readonly signed: Targets;
  readonly bytes: Uint8Array;
  readonly isSigned: boolean;
  /** The higher of the two versions that it is made of. */
  readonly newest: number;
  readonly signers: Delegation;
}

function mergeFile(
  tree: WorkTree,
  name: string,
  delegation: Delegation,
  files: ThreeFiles,
  { now, announce }: MergeOptions,
): MergedFile {
  const path = signedFile(name);
  const content = mergeContent(path, files);
  const newest = [files.ours, files.theirs].sort((one, other) => other.signed.version - one.signed.version)[0]!;
  const made = { name, path, newest: newest.signed.version, signers: delegation };
  // The keys that may sign after the merge may have signed a file before it.
  if (sameContent(contentOf(newest.signed), content) && meetsThreshold(delegation, newest)) {
    return { ...made, signed: newest.signed, bytes: newest.bytes, isSigned: true };
  }
  const signed = targetsOf({
    ...newest.signed.toJSON(),
    ...jsonOf(content, files),
    version: versionAfter(newest.signed.version, now),
    expires: expiryAfter(now, lifetimesDays.targets),
  });
  const keyIds = delegation.role.keyIDs.filter((keyId) => trustedKey(delegation, keyId, path) !== undefined);
  const signers = offlineKeys(tree).filter(({ keyId }) => keyIds.includes(keyId));
  const bytes = signFile({ path, before: files.ours.signed, after: signed, signers }, announce);
  return { ...made, signed, bytes, isSigned: signers.length >= delegation.role.threshold };
}

/** What targets metadata says: targets and delegated roles by name, as JSON. */
interface Content {
  readonly targets: ReadonlyMap<string, unknown>;
  readonly roles: ReadonlyMap<string, unknown>;
}

function contentOf({ targets, delegations }: Targets): Content {
  const entries = (map: object | null | undefined) =>
    new Map(Object.entries(map ?? {}).map(([name, entry]) => [name, entry.toJSON() as unknown]));
  return { targets: entries(targets), roles: entries(delegations?.roles) };
}

function sameContent(one: Content, other: Content): boolean {
  const text = ({ targets, roles }: Content) => JSON.stringify([[...targets].sort(byName), [...roles].sort(byName)]);
  return text(one) === text(other);
}

function byName([one]: [string, unknown], [other]: [string, unknown]): number {
  return one < other ? -1 : 1;
}

function mergeContent(path: string, { base, ours, theirs }: ThreeFiles): Content {
  const [past, our, their] = [base, ours, theirs].map((file) =>
    file === undefined
      ? { targets: new Map<string, unknown>(), roles: new Map<string, unknown>() }
      : contentOf(file.signed),
  ) as [Content, Content, Content];
  const targets = mergeThreeWay(past.targets, our.targets, their.targets);
  const roles = mergeThreeWay(past.roles, our.roles, their.roles);
  if (targets.kind === 'conflict') {
    throw conflict(
      `${path} names ${targets.names.join(', ')} with other content on each side: one of them needs another version`,
    );
  }
  if (roles.kind === 'conflict') {
    throw conflict(
      `${path} delegates ${roles.names.join(', ')} to other keys on each side: which are right is for people to say`,
    );
  }
  return { targets: targets.entries, roles: roles.entries };
}

function jsonOf({ targets, roles }: Content, { ours, theirs }: ThreeFiles): Record<string, unknown> {
  const named = { targets: Object.fromEntries(targets) };
  if (roles.size === 0 && ours.signed.delegations === undefined) return named;
  const keyIds = new Set([...roles.values()].flatMap((role) => (role as { keyids: string[] }).keyids));
  const keys = [ours, theirs].flatMap(({ signed }) => Object.entries(signed.delegations?.keys ?? {}));
  const used = keys.filter(([keyId]) => keyIds.has(keyId)).map(([keyId, key]) => [keyId, key.toJSON()]);
  return { ...named, delegations: { keys: Object.fromEntries(used), roles: [...roles.values()] } };
}

type DeploymentKeys = VerifiedTrust['deploymentKeys'];

function deploymentKeysOf(targets: Targets, sides: readonly VerifiedTrust[]): DeploymentKeys {
  const named = JSON.stringify(contentOf(targets).targets.get(deploymentKeysPath));
  const side = sides.find(
    (one) => JSON.stringify(contentOf(one.targets.signed).targets.get(deploymentKeysPath)) === named,
  );
  return side!.deploymentKeys;
}

function conflict(what: string): AuthoringError {
  return new AuthoringError('MERGE_CONFLICT', `${what}. Nothing was merged or signed`);
}
