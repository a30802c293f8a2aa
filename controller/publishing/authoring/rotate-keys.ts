/**
 * Puts new keys in the place of old ones. A root that names new keys is signed by the old root keys and by the new ones, so that a
 * device that slept through any number of rotations follows from root to root.
 */

import { Root, type Targets } from '@tufjs/models';
import {
  deploymentKeysPath,
  parseDeploymentKeys,
  writeDeploymentKeys,
} from '../../../artifact/trust/deployment-keys.ts';
import type { Random } from '../../../platform/ports.ts';
import { sha256Hex } from '../../../schemas/sha256.ts';
import { lifetimesDays } from '../lifetimes.ts';
import { deploymentKeysFile, rootFile, targetsFile } from '../trust-files.ts';
import { AuthoringError } from './authoring-error.ts';
import { newSignersText } from './deployment-signers.ts';
import { keyFile } from './key-files.ts';
import { beginReplacement, endReplacement, type Replacement } from './replace-keys.ts';
import {
  delegationsAnew,
  type ReleaseReplacements,
  releaseKeyIds,
  releaseKeyName,
  rotatableKeyIds,
  signRoleAnew,
} from './rotate-release-keys.ts';
import { type Announce, signFile } from './sign-file.ts';
import { type SignableFile, signableFiles } from './signers.ts';
import { rememberSigned, requireStanding } from './standing.ts';
import { readWorkFile, type WorkTree, writeWorkFile } from './work-tree.ts';
import { expiryAfter, keyEntry, targetsOf, versionAfter } from './write-metadata.ts';

/** What has keys of its own that can be rotated. */
export const rotatableRoles = ['root', 'targets', 'snapshot', 'timestamp', 'deployment'] as const;
export type RotatableRole = (typeof rotatableRoles)[number];

export interface RotateOptions {
  readonly random: Random;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly roles: ReadonlySet<RotatableRole>;
  /** Applications whose release keys are rotated. */
  readonly applications?: readonly string[];
  /** Told what is about to be signed, before it is. */
  readonly announce: Announce;
}

/** What a rotation left behind: paths from the top of the repository. */
export interface Rotated {
  readonly trustFiles: readonly string[];
  readonly freshFiles: readonly string[];
  readonly retiredFiles: readonly string[];
  /** What keys on other machines still have to sign, by role, and how many of them. */
  readonly signaturesMissing: ReadonlyMap<string, number>;
}

interface Replacements {
  readonly ofRoles: ReadonlyMap<RotatableRole, Replacement>;
  readonly ofReleases: ReleaseReplacements;
}

/** A file that was signed, and by how many keys too few. */
interface Written {
  readonly role: string;
  readonly path: string;
  readonly missing: number;
}

/** Replaces the keys of these roles that are on this machine. Nothing is signed before all that is needed was found. */
export function rotateKeys(tree: WorkTree, options: RotateOptions): Rotated {
  const { applications = [], now } = options;
  requireStanding(tree, ['root', 'targets', ...applications], { ground: 'itself', now });
  const earlier = settle(tree);
  const [root, targets] = signableFiles(tree) as [SignableFile, SignableFile];
  requireSigners(options, root, targets);
  const replacements = beginAll(tree, options, root.file.signed as Root, targets.file.signed as Targets);
  const keysFile = options.roles.has('deployment') ? [writeKeysOfDeployments(tree, replacements, options)] : [];
  const written = signAll(tree, root, targets, replacements, options);
  const signaturesMissing = new Map(
    written.filter(({ missing }) => missing > 0).map(({ role, missing }) => [role, missing]),
  );
  const all = [...replacements.ofRoles.values(), ...replacements.ofReleases.values()];
  return {
    trustFiles: [...keysFile, ...written.map(({ path }) => path)],
    freshFiles: all.flatMap(({ names }) => names.map(keyFile)),
    // What lacks a signature may never come to be.
    retiredFiles: [...earlier, ...(signaturesMissing.size === 0 ? settle(tree) : [])],
    signaturesMissing,
  };
}

function beginAll(tree: WorkTree, options: RotateOptions, root: Root, targets: Targets): Replacements {
  const { roles, random, applications = [] } = options;
  const named = namedKeys(tree, root);
  const releases = applications.map((name) => [name, rotatableKeyIds(tree, targets, name)] as const);
  return {
    ofRoles: new Map([...roles].map((role) => [role, beginReplacement(tree, random, role, named[role])])),
    ofReleases: new Map(
      releases.map(([name, keyIds]) => [name, beginReplacement(tree, random, releaseKeyName(name), keyIds)]),
    ),
  };
}

/** Signs what names the new keys, or is signed by them, in an order that may stop anywhere. */
function signAll(
  tree: WorkTree,
  root: SignableFile,
  targets: SignableFile,
  replacements: Replacements,
  options: RotateOptions,
): readonly Written[] {
  const { ofRoles, ofReleases } = replacements;
  const signed = targets.file.signed as Targets;
  const written: Written[] = [...ofReleases].map(([name, one]) => signRoleAnew(tree, signed, name, one, options));
  const isTargetsChanged = ofReleases.size > 0 || ofRoles.has('targets') || ofRoles.has('deployment');
  if (isTargetsChanged) written.push(signTargets(tree, targets, replacements, options));
  const isRootChanged = [...ofRoles.keys()].some((role) => role !== 'deployment');
  if (isRootChanged) written.push(signRoot(tree, root, ofRoles, options));
  return written;
}

/** Keys that the metadata here names take their places, also of a rotation that was stopped. */
function settle(tree: WorkTree): string[] {
  const [root, targets] = signableFiles(tree) as [SignableFile, SignableFile];
  const named = namedKeys(tree, root.file.signed as Root);
  const signed = targets.file.signed as Targets;
  return [
    ...rotatableRoles.flatMap((role) => endReplacement(tree, role, named[role])),
    ...Object.keys(signed.delegations?.roles ?? {}).flatMap((name) =>
      endReplacement(tree, releaseKeyName(name), releaseKeyIds(signed, name)),
    ),
  ];
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

function requireSigners({ roles, applications = [] }: RotateOptions, root: SignableFile, targets: SignableFile): void {
  const needs = (role: string, { signers }: SignableFile): void => {
    if (signers.length > 0) return;
    const message = `no key of ${role} is on this machine (${keyFile(role)}), and what is rotated has to be signed by it. Nothing was made or signed`;
    throw new AuthoringError('KEY_MISSING', message);
  };
  if ([...roles].some((role) => role !== 'deployment')) needs('root', root);
  if (roles.has('deployment') || applications.length > 0) needs('targets', targets);
}

function writeKeysOfDeployments(tree: WorkTree, { ofRoles }: Replacements, { announce }: RotateOptions): string {
  const { fresh, stays } = ofRoles.get('deployment')!;
  const before = parseDeploymentKeys(readWorkFile(tree, deploymentKeysFile)!);
  const keys = [...before.filter(({ keyId }) => stays.includes(keyId)), ...fresh.map(({ publicKey }) => publicKey)];
  announce([newSignersText(keys, before)]);
  writeWorkFile(tree, deploymentKeysFile, writeDeploymentKeys(keys));
  return deploymentKeysFile;
}

function signTargets(
  tree: WorkTree,
  { file, signers, delegation }: SignableFile,
  { ofRoles, ofReleases }: Replacements,
  options: RotateOptions,
): Written {
  const { now, announce } = options;
  const before = file.signed as Targets;
  const json = before.toJSON() as { targets: Record<string, unknown> };
  const keys = readWorkFile(tree, deploymentKeysFile)!;
  const delegations = delegationsAnew(before, ofReleases);
  const after = targetsOf({
    ...json,
    version: versionAfter(before.version, now),
    expires: expiryAfter(now, lifetimesDays.targets),
    targets: { ...json.targets, [deploymentKeysPath]: { length: keys.length, hashes: { sha256: sha256Hex(keys) } } },
    ...(delegations === undefined ? {} : { delegations }),
  });
  const replaced = ofRoles.get('targets');
  const own =
    replaced === undefined
      ? signers
      : [...replaced.fresh, ...signers.filter(({ keyId }) => replaced.stays.includes(keyId))];
  writeWorkFile(tree, targetsFile, signFile({ path: targetsFile, before, after, signers: own }, announce));
  return { role: 'targets', path: targetsFile, missing: Math.max(0, delegation.role.threshold - own.length) };
}

function signRoot(
  tree: WorkTree,
  { file, delegation, signers }: SignableFile,
  replacements: Replacements['ofRoles'],
  options: RotateOptions,
): Written {
  const { now, announce } = options;
  const before = file.signed as Root;
  const after = nextRoot(before, replacements, now);
  const path = rootFile(after.version);
  const all = new Map([...signers, ...(replacements.get('root')?.fresh ?? [])].map((key) => [key.keyId, key]));
  writeWorkFile(tree, path, signFile({ path, before, after, signers: [...all.values()] }, announce));
  rememberSigned(tree, announce);
  const missing = (keyIds: readonly string[], threshold: number) =>
    Math.max(0, threshold - keyIds.filter((id) => all.has(id)).length);
  const { keyIDs, threshold } = after.roles.root!;
  return {
    role: 'root',
    path,
    missing: Math.max(missing(delegation.role.keyIDs, delegation.role.threshold), missing(keyIDs, threshold)),
  };
}

/** The next root, with new keys in the place of those that were replaced. */
function nextRoot(before: Root, replacements: Replacements['ofRoles'], now: number): Root {
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
