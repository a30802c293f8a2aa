/** What keeps verified metadata from being published by this controller, besides what was published before. Pure. */
import type { Root, Snapshot, Timestamp } from '@tufjs/models';
import type { PrivateKey } from '../../artifact/trust/keys.ts';
import type { MetadataFile } from '../../artifact/trust/tuf/metadata.ts';
import { rootDelegation } from '../../artifact/trust/tuf/root.ts';
import { meetsThreshold, trustedKey } from '../../artifact/trust/tuf/signatures.ts';
import type { Problem } from '../../schemas/generated/types.ts';
import { deploymentKeysFile, rootFile, signedFile } from './trust-files.ts';
import { targetsFiles, type VerifiedTrust } from './verify-trust.ts';

/** The keys that the controller signs with. */
export interface OnlineKeys {
  readonly deployment: PrivateKey;
  readonly snapshot: PrivateKey;
  readonly timestamp: PrivateKey;
}

/** Versions that a role may leap at once; and how far ahead of the time, in seconds, one that is a time may be. */
const stepsMax = 1000;
const aheadSecondsMax = 366 * 24 * 60 * 60;

/** Refuses metadata that does not name the keys of this controller: devices would refuse all that it signs. */
export function judgeOnlineKeys({ roots, deploymentKeys }: VerifiedTrust, keys: OnlineKeys): Problem[] {
  const root = roots.at(-1)!.signed;
  const problems: Problem[] = [];
  const { keyId: deploymentKey } = keys.deployment;
  if (!deploymentKeys.keys.some(({ keyId }) => keyId === deploymentKey)) {
    const message = `the controller signs deployments with key ${deploymentKey}, which is not named here: devices would refuse all that it sends. Give the controller the key that is named, and start it again`;
    problems.push({ file: deploymentKeysFile, code: 'TRUST_ONLINE_KEY', message });
  }
  for (const role of ['snapshot', 'timestamp'] as const) {
    const delegation = rootDelegation(root, role);
    const { keyId } = keys[role];
    const isNamed = delegation.role.keyIDs.includes(keyId) && trustedKey(delegation, keyId, role) !== undefined;
    if (isNamed && delegation.role.threshold === 1) continue;
    const message = `the controller signs the ${role} with key ${keyId}, which this root must name with threshold 1`;
    problems.push({ file: rootFile(root.version), code: 'TRUST_ONLINE_KEY', message });
  }
  return problems;
}

/** Whether a file is signed by the keys that a root names for its role. */
export function isSignedBy(
  root: Root,
  role: 'snapshot' | 'timestamp',
  file: MetadataFile<Snapshot | Timestamp> | undefined,
): boolean {
  return file !== undefined && meetsThreshold(rootDelegation(root, role), file);
}

/** Refuses a version that leaps, at the time `nowS` in seconds: it leaves no room for those after it, and would end a role for good. */
export function judgeLeaps(
  trust: VerifiedTrust,
  published: ReadonlyMap<string, { readonly version: number }>,
  nowS: number,
): Problem[] {
  return targetsFiles(trust).flatMap(([name, { signed }]) => {
    const before = published.get(`${name}.json`)?.version ?? 0;
    const most = Math.max(before + stepsMax, nowS + aheadSecondsMax);
    if (signed.version <= most) return [];
    const file = signedFile(name);
    const message = `version ${signed.version} leaps: after version ${before} at most ${most} is taken, so that versions can go on growing`;
    return [{ file, code: 'TRUST_VERSION_JUMP', message }];
  });
}
