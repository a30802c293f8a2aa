/** What to fetch next, so that whoever fetches needs to know no rule. */
import { trustLimits } from '../limits.ts';
import { rolesForAll } from './find-target.ts';
import { nextRoot } from './next-root.ts';
import { acceptSnapshot } from './snapshot.ts';
import { acceptRole, acceptTargets } from './targets.ts';
import { acceptTimestamp } from './timestamp.ts';
import { isCurrent, type Pin, snapshotPin, type TrustedMetadata, targetsPin } from './trusted.ts';

/** A file to fetch from the metadata directory: never read more than `bytesMax` of it. */
export interface WantedFile {
  readonly role: string;
  /** `timestamp.json`, or with its version: `7.snapshot.json`. */
  readonly file: string;
  readonly bytesMax: number;
}

/** The root after the trusted one. That it does not exist is the normal answer and ends the search for roots. */
export function wantedRoot({ root }: TrustedMetadata): WantedFile {
  return { role: 'root', file: `${root.signed.version + 1}.root.json`, bytesMax: trustLimits.rootBytesMax };
}

/** The timestamp, with which every update begins once no newer root is found. */
export const wantedTimestamp: WantedFile = {
  role: 'timestamp',
  file: 'timestamp.json',
  bytesMax: trustLimits.timestampBytesMax,
};

/** After the timestamp: the next file that finding `paths` needs; undefined when all are here. */
export function nextWanted(trusted: TrustedMetadata, paths: readonly string[]): WantedFile | undefined {
  if (trusted.timestamp === undefined) return wantedTimestamp;
  const snapshot = snapshotPin(trusted);
  if (!isCurrent(trusted.snapshot, snapshot)) return wanted('snapshot', snapshot, trustLimits.snapshotBytesMax);
  const targets = targetsPin(trusted, 'targets');
  if (!isCurrent(trusted.targets, targets)) return wanted('targets', targets, trustLimits.targetsBytesMax);
  for (const role of rolesForAll(trusted, paths)) {
    const pin = targetsPin(trusted, role);
    if (pin !== undefined && !isCurrent(trusted.roles.get(role), pin))
      return wanted(role, pin, trustLimits.roleBytesMax);
  }
  return undefined;
}

/** Judges the bytes that were fetched for a wanted file, at the time `now`. */
export function acceptWanted(
  trusted: TrustedMetadata,
  { role }: WantedFile,
  bytes: Uint8Array,
  now: number,
): TrustedMetadata {
  switch (role) {
    case 'root':
      return nextRoot(trusted, bytes);
    case 'timestamp':
      return acceptTimestamp(trusted, bytes, now);
    case 'snapshot':
      return acceptSnapshot(trusted, bytes, now);
    case 'targets':
      return acceptTargets(trusted, bytes, now);
    default:
      return acceptRole(trusted, role, bytes, now);
  }
}

function wanted(role: string, pin: Pin | undefined, bytesMax: number): WantedFile {
  // Without a pin the snapshot names no targets metadata; what comes back is refused for that.
  return { role, file: `${pin?.version ?? 1}.${role}.json`, bytesMax: Math.min(pin?.length ?? bytesMax, bytesMax) };
}
