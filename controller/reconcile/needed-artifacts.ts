/** What of the artifact store somebody out there still needs. */
import { createHash } from 'node:crypto';
import type { DeviceStore } from '../devices/device-store.ts';
import type { DesiredFleet } from '../manifests/desired.ts';
import type { Needed } from '../publishing/artifact-store.ts';

/** Releases that devices run or were told to run, and envelopes that they may still fetch by digest. */
export function neededArtifacts(devices: DeviceStore): Omit<Needed, 'deltas'> {
  const releases = new Set<string>();
  const blobs = new Set<string>();
  for (const device of devices.names()) {
    const { issued, report } = devices.observed(device);
    for (const { name, version } of [...(issued?.applications ?? []), ...(report?.applications ?? [])]) {
      releases.add(`${name}/${version}`);
    }
    const envelope = devices.envelope(device);
    if (envelope !== undefined) blobs.add(createHash('sha256').update(envelope).digest('hex'));
  }
  return { releases, blobs };
}

/** Releases that the fleets of a revision ask for. */
export function wantedReleases({ fleets, applications }: DesiredFleet): ReadonlySet<string> {
  const wanted = new Set<string>();
  for (const { spec } of fleets.values()) {
    for (const { name, release } of spec.applications) {
      const version = release ?? applications.get(name)?.spec.release;
      if (version !== undefined) wanted.add(`${name}/${version}`);
    }
  }
  return wanted;
}
