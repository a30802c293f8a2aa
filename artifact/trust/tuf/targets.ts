import type { Targets } from '@tufjs/models';
import { TrustError } from '../error.ts';
import { trustLimits } from '../limits.ts';
import { type MetadataFile, readMetadata } from './metadata.ts';
import { rootDelegation } from './root.ts';
import { type Delegation, requireThreshold } from './signatures.ts';
import {
  accepted,
  isCurrent,
  requirePinned,
  requireUnexpired,
  requireVersion,
  snapshotPin,
  type TrustedMetadata,
  targetsPin,
} from './trusted.ts';

/** Rules 5.6.2 to 5.6.5, at the time `now`: the top-level targets metadata that the trusted snapshot names. */
export function acceptTargets(trusted: TrustedMetadata, bytes: Uint8Array, now: number): TrustedMetadata {
  const targets = judge(trusted, 'targets', bytes, now);
  // What a role's revoked key signed must go, even when the snapshot goes on naming it.
  const roles = new Map([...trusted.roles].filter(([name, { bytes }]) => isSigned(targets.signed, name, bytes)));
  return { ...trusted, targets: accepted(targets), roles };
}

/** The same rules for the metadata of a role that the trusted targets metadata delegates to. */
export function acceptRole(trusted: TrustedMetadata, name: string, bytes: Uint8Array, now: number): TrustedMetadata {
  if (!isCurrent(trusted.targets, targetsPin(trusted, 'targets'))) {
    throw new TrustError('METADATA_MISSING', `${name}.json cannot be judged before targets.json is current`);
  }
  const role = judge(trusted, name, bytes, now);
  return { ...trusted, roles: new Map(trusted.roles).set(name, accepted(role)) };
}

/** Reads `targets` or a delegated role, and refuses what fleets do not use: a hostile signer has less to play with. */
export function readTargets(bytes: Uint8Array, name: string): MetadataFile<Targets> {
  const top = name === 'targets';
  const what = `${name}.json`;
  const file = readMetadata('targets', bytes, top ? trustLimits.targetsBytesMax : trustLimits.roleBytesMax, what);
  const { delegations } = file.signed;
  if (delegations === undefined) return file;
  if (!top) throw new TrustError('MALFORMED', `${what}: a delegated role cannot delegate`);
  if (delegations.roles === undefined) throw new TrustError('MALFORMED', `${what}: delegations must list roles`);
  for (const { name: role, paths } of Object.values(delegations.roles)) {
    if (!roleName.test(role))
      throw new TrustError('MALFORMED', `${what}: ${JSON.stringify(role)} is not a role's name`);
    if (paths === undefined || !paths.every((path) => pathPattern.test(path))) {
      throw new TrustError('MALFORMED', `${what}: role ${role} must have paths like ${role}/*`);
    }
  }
  return file;
}

/** A delegated role's name is an application's. */
export const roleName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

// Plain segments, or `*` for a whole one: no pattern takes longer to match than to read.
const pathPattern = /^(\*|[A-Za-z0-9][A-Za-z0-9._+-]{0,127})(\/(\*|[A-Za-z0-9][A-Za-z0-9._+-]{0,127})){0,7}$/;

/** Who may sign a delegated role; undefined when the targets metadata delegates to no such role. */
export function delegationOf({ delegations }: Targets, name: string): Delegation | undefined {
  const roles = delegations?.roles;
  if (delegations === undefined || roles === undefined || !Object.hasOwn(roles, name)) return undefined;
  return { keys: delegations.keys, role: roles[name]! };
}

/** Who may sign `targets` or a delegated role. */
export function signersOf(trusted: TrustedMetadata, name: string): Delegation {
  if (name === 'targets') return rootDelegation(trusted.root.signed, 'targets');
  const delegation = trusted.targets === undefined ? undefined : delegationOf(trusted.targets.signed, name);
  if (delegation === undefined)
    throw new TrustError('METADATA_MISSING', `no trusted targets.json delegates to ${name}`);
  return delegation;
}

function isSigned(targets: Targets, name: string, bytes: Uint8Array): boolean {
  const delegation = delegationOf(targets, name);
  if (delegation === undefined) return false;
  try {
    requireThreshold(delegation, readTargets(bytes, name), `${name}.json`, '5.6.3');
    return true;
  } catch (error) {
    if (error instanceof TrustError) return false;
    throw error;
  }
}

function judge(trusted: TrustedMetadata, name: string, bytes: Uint8Array, now: number): MetadataFile<Targets> {
  const what = `${name}.json`;
  const signers = signersOf(trusted, name);
  if (!isCurrent(trusted.snapshot, snapshotPin(trusted))) {
    throw new TrustError('METADATA_MISSING', `${what} cannot be judged before snapshot.json is current`);
  }
  const pin = targetsPin(trusted, name);
  if (pin === undefined) throw new TrustError('METADATA_MISSING', `snapshot.json does not name ${what}`);
  requirePinned(bytes, pin, what, '5.6.2');
  const file = readTargets(bytes, name);
  requireThreshold(signers, file, what, '5.6.3');
  requireVersion(file.signed.version, pin, what, '5.6.4');
  requireUnexpired(file.signed, now, what, '5.6.5');
  return file;
}
