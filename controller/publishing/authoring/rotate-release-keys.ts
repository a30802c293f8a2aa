/**
 * New release keys of applications: the targets metadata delegates to them, and the role's releases are signed anew. The role is
 * written first, signed by the old keys too: whichever delegation stands behind it, it holds.
 */
import type { Targets } from '@tufjs/models';
import type { MetadataFile } from '../../../artifact/trust/tuf/metadata.ts';
import { delegationOf } from '../../../artifact/trust/tuf/targets.ts';
import { lifetimesDays } from '../lifetimes.ts';
import { roleFile } from '../trust-files.ts';
import { AuthoringError } from './authoring-error.ts';
import type { Replacement } from './replace-keys.ts';
import { readable, readRole } from './role-file.ts';
import { type Announce, signFile } from './sign-file.ts';
import { roleSigners } from './signers.ts';
import { type WorkTree, writeWorkFile } from './work-tree.ts';
import { expiryAfter, keyEntry, targetsOf, versionAfter } from './write-metadata.ts';

/** The name of an application's release keys, as their files have it. */
export function releaseKeyName(application: string): string {
  return `release-${application}`;
}

/** Replacements of release keys, by application. */
export type ReleaseReplacements = ReadonlyMap<string, Replacement>;

/** Ids of the keys that an application's role has now. */
export function releaseKeyIds(targets: Targets, application: string): readonly string[] {
  const delegation = delegationOf(targets, application);
  if (delegation !== undefined) return delegation.role.keyIDs;
  const known = Object.keys(targets.delegations?.roles ?? {}).map(releaseKeyName);
  const others = known.length === 0 ? 'there are no releases yet' : `there are ${known.join(', ')}`;
  const message = `no application ${JSON.stringify(application)} has release keys; ${others}. Nothing was made or signed`;
  throw new AuthoringError('ROLE_UNKNOWN', message);
}

/** The role of an application, which the new keys are to sign. Without it they would vouch for no release that there was. */
function requiredRole(tree: WorkTree, application: string): MetadataFile<Targets> {
  const role = readRole(tree, application);
  if (role !== undefined) return role;
  const message = `${roleFile(application)} does not exist, and new keys would sign none of its releases. Nothing was signed. Restore it with git`;
  throw new AuthoringError('TRUST_MISSING', message);
}

/** Ids of the keys that are to be replaced, of an application whose releases are here. */
export function rotatableKeyIds(tree: WorkTree, targets: Targets, application: string): readonly string[] {
  const keyIds = releaseKeyIds(targets, application);
  requiredRole(tree, application);
  return keyIds;
}

/** Writes the role of an application, signed by its new keys. */
export function signRoleAnew(
  tree: WorkTree,
  targets: Targets,
  application: string,
  { fresh, stays }: Replacement,
  { now, announce }: { readonly now: number; readonly announce: Announce },
): { readonly role: string; readonly path: string; readonly missing: number } {
  const { signed } = requiredRole(tree, application);
  const after = targetsOf({
    ...signed.toJSON(),
    version: versionAfter(signed.version, now),
    expires: expiryAfter(now, lifetimesDays.targets),
  });
  const path = roleFile(application);
  // Without what was before: the new key vouches for all of it.
  const old = roleSigners(tree, application);
  const signing = { path, after, signers: [...fresh, ...old] };
  writeWorkFile(tree, path, readable(signFile(signing, announce), application));
  const counting = fresh.length + old.filter(({ keyId }) => stays.includes(keyId)).length;
  const { threshold } = delegationOf(targets, application)!.role;
  return { role: application, path, missing: Math.max(0, threshold - counting) };
}

interface DelegationsJson {
  readonly keys: Readonly<Record<string, unknown>>;
  readonly roles: readonly { readonly name: string; readonly keyids: readonly string[] }[];
}

/** The delegations of targets metadata, as JSON, with new keys in the place of those that were replaced. */
export function delegationsAnew(targets: Targets, replacements: ReleaseReplacements): object | undefined {
  const before = targets.toJSON().delegations as DelegationsJson | undefined;
  if (before === undefined || replacements.size === 0) return before;
  const roles = before.roles.map((role) => {
    const replaced = replacements.get(role.name);
    if (replaced === undefined) return role;
    return { ...role, keyids: [...replaced.stays, ...replaced.fresh.map(({ keyId }) => keyId)] };
  });
  const fresh = [...replacements.values()].flatMap((one) => one.fresh);
  const keys = {
    ...before.keys,
    ...Object.fromEntries(fresh.map((key) => [key.keyId, keyEntry(key.publicKey).toJSON()])),
  };
  const used = new Set(roles.flatMap(({ keyids }) => keyids));
  return { ...before, roles, keys: Object.fromEntries(Object.entries(keys).filter(([keyId]) => used.has(keyId))) };
}
