import type { TargetFile, Targets } from '@tufjs/models';
import { TrustError } from '../error.ts';
import {
  isCurrent,
  requireUnexpired,
  snapshotPin,
  type TrustedFile,
  type TrustedMetadata,
  targetsPin,
} from './trusted.ts';

/** A file that signed metadata names. */
export interface Target {
  readonly path: string;
  readonly length: number;
  readonly sha256: string;
  /** What the signers say of it beside that. */
  readonly custom: Readonly<Record<string, unknown>>;
  /** The role that names it. */
  readonly role: string;
}

/**
 * Rule 5.6.7: the target of that path, undefined when no role names it. Throws METADATA_MISSING when metadata that decides
 * it is absent or not the one that the metadata above names; expiry is judged by `requireFresh` alone.
 */
export function findTarget(trusted: TrustedMetadata, path: string): Target | undefined {
  const top = currentTargets(trusted, 'targets', trusted.targets);
  const own = targetOf(top, path, 'targets');
  if (own !== undefined) return own;
  for (const { role, terminating } of rolesFor(top, path)) {
    const found = targetOf(currentTargets(trusted, role, trusted.roles.get(role)), path, role);
    if (found !== undefined || terminating) return found;
  }
  return undefined;
}

/** As `findTarget`; a path that no role names is refused. */
export function requireTarget(trusted: TrustedMetadata, path: string): Target {
  const target = findTarget(trusted, path);
  if (target === undefined) throw new TrustError('TARGET_MISSING', `no signed metadata names ${path}`, '5.7.2');
  return target;
}

/**
 * Refuses metadata that is expired at `now`: what a new install of `paths` must pass, and what already runs need not. What online keys
 * sign is judged at `onlineNow`, where somebody vouched for it then.
 */
export function requireFresh(trusted: TrustedMetadata, paths: readonly string[], now: number, onlineNow = now): void {
  requireUnexpired(trusted.root.signed, now, 'root.json', '5.3.10');
  requireUnexpired(present(trusted.timestamp, 'timestamp.json'), onlineNow, 'timestamp.json', '5.4.4');
  requireUnexpired(present(trusted.snapshot, 'snapshot.json'), onlineNow, 'snapshot.json', '5.5.6');
  requireUnexpired(present(trusted.targets, 'targets.json'), now, 'targets.json', '5.6.5');
  for (const role of rolesForAll(trusted, paths)) {
    requireUnexpired(present(trusted.roles.get(role), `${role}.json`), now, `${role}.json`, '5.6.5');
  }
}

/** The delegated roles that decide these paths, in the order of their delegation. */
export function rolesForAll({ targets }: TrustedMetadata, paths: readonly string[]): readonly string[] {
  if (targets === undefined) return [];
  const names = new Set<string>();
  for (const path of paths) {
    if (Object.hasOwn(targets.signed.targets, path)) continue;
    for (const { role, terminating } of rolesFor(targets.signed, path)) {
      names.add(role);
      if (terminating) break;
    }
  }
  return [...names];
}

function rolesFor({ delegations }: Targets, path: string): Iterable<{ role: string; terminating: boolean }> {
  return delegations === undefined ? [] : delegations.rolesForTarget(path);
}

function currentTargets(trusted: TrustedMetadata, role: string, file: TrustedFile<Targets> | undefined): Targets {
  if (
    file === undefined ||
    !isCurrent(trusted.snapshot, snapshotPin(trusted)) ||
    !isCurrent(file, targetsPin(trusted, role))
  ) {
    throw new TrustError('METADATA_MISSING', `${role}.json is not here in the version that is in force`);
  }
  return file.signed;
}

function targetOf({ targets }: Targets, path: string, role: string): Target | undefined {
  const file: TargetFile | undefined = Object.hasOwn(targets, path) ? targets[path] : undefined;
  if (file === undefined) return undefined;
  const { length, hashes, custom } = file;
  const sha256 = hashes.sha256;
  if (!Number.isSafeInteger(length) || sha256 === undefined || !/^[0-9a-f]{64}$/.test(sha256)) {
    throw new TrustError('MALFORMED', `${role}.json: ${path} must have a length and a sha256`);
  }
  return { path, length, sha256, custom, role };
}

function present<T>(file: TrustedFile<T> | undefined, what: string): T {
  if (file === undefined) throw new TrustError('METADATA_MISSING', `there is no trusted ${what}`);
  return file.signed;
}
