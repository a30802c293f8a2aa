/**
 * Puts new keys in the place of old ones. A root that names new keys is signed by the old root keys and by the new ones, so that a
 * device that slept through any number of rotations follows from root to root.
 */

import { Root } from '@tufjs/models';
import {
  deploymentKeysPath,
  parseDeploymentKeys,
  writeDeploymentKeys,
} from '../../../artifact/trust/deployment-keys.ts';
import type { PublicKey } from '../../../artifact/trust/keys.ts';
import type { Random } from '../../../platform/ports.ts';
import { sha256Hex } from '../../../schemas/sha256.ts';
import { deploymentKeysFile, rootFile, targetsFile } from '../trust-files.ts';
import { AuthoringError } from './authoring-error.ts';
import { keyFile } from './key-files.ts';
import { beginReplacement, endReplacement, type Replacement } from './replace-keys.ts';
import { type Announce, signFile } from './sign-file.ts';
import { type SignableFile, signableFiles } from './signers.ts';
import { rememberRoot, requireStanding } from './standing.ts';
import { readWorkFile, type WorkTree, writeWorkFile } from './work-tree.ts';
import { expiryAfter, keyEntry, lifetimesDays, targetsOf, versionAfter } from './write-metadata.ts';

/** What has keys of its own that can be rotated. */
export const rotatableRoles = ['root', 'targets', 'snapshot', 'timestamp', 'deployment'] as const;
export type RotatableRole = (typeof rotatableRoles)[number];

export interface RotateOptions {
  readonly random: Random;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly roles: ReadonlySet<RotatableRole>;
  /** Told what is about to be signed, before it is. */
  readonly announce: Announce;
}

/** What a rotation left behind: paths from the top of the repository. */
export interface Rotated {
  readonly trustFiles: readonly string[];
  readonly freshFiles: readonly string[];
  readonly retiredFiles: readonly string[];
  /** Root keys that still have to sign: on other machines. */
  readonly signaturesMissing: number;
}

type Replacements = ReadonlyMap<RotatableRole, Replacement>;

/** Replaces the keys of these roles that are on this machine. Nothing is signed before all that is needed was found. */
export function rotateKeys(tree: WorkTree, options: RotateOptions): Rotated {
  const { roles, random } = options;
  requireStanding(tree, ['root', 'targets'], 'itself');
  const earlier = settle(tree);
  const [root, targets] = signableFiles(tree) as [SignableFile, SignableFile];
  requireSigners(roles, root, targets);
  const named = namedKeys(tree, root.file.signed as Root);
  const begin = (role: RotatableRole) => [role, beginReplacement(tree, random, role, named[role])] as const;
  const replacements: Replacements = new Map([...roles].map(begin));
  const trustFiles: string[] = [];
  if (roles.has('deployment')) trustFiles.push(writeKeysOfDeployments(tree, replacements.get('deployment')!, options));
  if (roles.has('targets') || roles.has('deployment'))
    trustFiles.push(signTargets(tree, targets, replacements, options));
  const isRootChanged = [...roles].some((role) => role !== 'deployment');
  const next = isRootChanged ? signRoot(tree, root, replacements, options) : undefined;
  const signaturesMissing = next?.missing ?? 0;
  return {
    trustFiles: [...trustFiles, ...(next === undefined ? [] : [next.path])],
    freshFiles: [...replacements.values()].flatMap(({ names }) => names.map(keyFile)),
    // What lacks a signature may never come to be.
    retiredFiles: [...earlier, ...(signaturesMissing === 0 ? settle(tree) : [])],
    signaturesMissing,
  };
}

/** Keys that the metadata here names take their places, also of a rotation that was stopped. */
function settle(tree: WorkTree): string[] {
  const [root] = signableFiles(tree) as [SignableFile];
  const named = namedKeys(tree, root.file.signed as Root);
  return rotatableRoles.flatMap((role) => endReplacement(tree, role, named[role]));
}

/** Ids of the keys that each role has now. */
function namedKeys(tree: WorkTree, root: Root): Record<RotatableRole, readonly string[]> {
  const deployment = parseDeploymentKeys(readWorkFile(tree, deploymentKeysFile)!).map(({ keyId }) => keyId);
  const of = (role: 'root' | 'targets' | 'snapshot' | 'timestamp') => root.roles[role]?.keyIDs ?? [];
  return {
    ...{ root: of('root'), targets: of('targets'), snapshot: of('snapshot'), timestamp: of('timestamp') },
    deployment,
  };
}

function requireSigners(roles: ReadonlySet<RotatableRole>, root: SignableFile, targets: SignableFile): void {
  const needs = (role: string, { signers }: SignableFile): void => {
    if (signers.length > 0) return;
    const message = `no key of ${role} is on this machine (${keyFile(role)}), and what is rotated has to be signed by it. Nothing was made or signed`;
    throw new AuthoringError('KEY_MISSING', message);
  };
  if ([...roles].some((role) => role !== 'deployment')) needs('root', root);
  if (roles.has('deployment') && !roles.has('targets')) needs('targets', targets);
}

function writeKeysOfDeployments(tree: WorkTree, { fresh, stays }: Replacement, { announce }: RotateOptions): string {
  const before = parseDeploymentKeys(readWorkFile(tree, deploymentKeysFile)!);
  const keys = [...before.filter(({ keyId }) => stays.includes(keyId)), ...fresh.map(({ publicKey }) => publicKey)];
  const names = (list: readonly PublicKey[]) => list.map(({ keyId }) => keyId.slice(0, 12)).join(', ');
  announce([`entrusts deployments to ${names(keys)}; before: ${names(before)}`]);
  writeWorkFile(tree, deploymentKeysFile, writeDeploymentKeys(keys));
  return deploymentKeysFile;
}

function signTargets(
  tree: WorkTree,
  { file, signers }: SignableFile,
  replacements: Replacements,
  options: RotateOptions,
): string {
  const { now, announce } = options;
  const before = file.signed;
  const json = before.toJSON() as { targets: Record<string, unknown> };
  const keys = readWorkFile(tree, deploymentKeysFile)!;
  const after = targetsOf({
    ...json,
    version: versionAfter(before.version, now),
    expires: expiryAfter(now, lifetimesDays.targets),
    targets: { ...json.targets, [deploymentKeysPath]: { length: keys.length, hashes: { sha256: sha256Hex(keys) } } },
  });
  const replaced = replacements.get('targets');
  const own =
    replaced === undefined
      ? signers
      : [...replaced.fresh, ...signers.filter(({ keyId }) => replaced.stays.includes(keyId))];
  writeWorkFile(tree, targetsFile, signFile({ path: targetsFile, before, after, signers: own }, announce));
  return targetsFile;
}

function signRoot(
  tree: WorkTree,
  { file, delegation, signers }: SignableFile,
  replacements: Replacements,
  options: RotateOptions,
) {
  const { now, announce } = options;
  const before = file.signed as Root;
  const after = nextRoot(before, replacements, now);
  const path = rootFile(after.version);
  const all = new Map([...signers, ...(replacements.get('root')?.fresh ?? [])].map((key) => [key.keyId, key]));
  writeWorkFile(tree, path, signFile({ path, before, after, signers: [...all.values()] }, announce));
  rememberRoot(tree);
  const missing = (keyIds: readonly string[], threshold: number) =>
    Math.max(0, threshold - keyIds.filter((id) => all.has(id)).length);
  const { keyIDs, threshold } = after.roles.root!;
  return {
    path,
    missing: Math.max(missing(delegation.role.keyIDs, delegation.role.threshold), missing(keyIDs, threshold)),
  };
}

/** The next root, with new keys in the place of those that were replaced. */
function nextRoot(before: Root, replacements: Replacements, now: number): Root {
  const json = before.toJSON() as unknown as {
    roles: Record<string, { keyids: readonly string[] }>;
    keys: Record<string, unknown>;
  };
  const roles = { ...json.roles };
  const keys = { ...json.keys };
  for (const [role, { fresh, stays }] of replacements) {
    const known = roles[role];
    if (known === undefined) continue;
    roles[role] = { ...known, keyids: [...stays, ...fresh.map(({ keyId }) => keyId)] };
    for (const { keyId, publicKey } of fresh) keys[keyId] = keyEntry(publicKey).toJSON();
  }
  const used = new Set(Object.values(roles).flatMap(({ keyids }) => keyids));
  return Root.fromJSON({
    ...json,
    version: before.version + 1,
    expires: expiryAfter(now, lifetimesDays.root),
    roles,
    keys: Object.fromEntries(Object.entries(keys).filter(([keyId]) => used.has(keyId))),
  } as unknown as Parameters<typeof Root.fromJSON>[0]);
}
