/** Which fleets a commit touches as far as rollouts go, and who is in them. */
import type { DesiredDevice, DesiredFleet } from '../manifests/desired.ts';
import type { RolloutPolicy } from '../planning/rollout/policy.ts';
import { policyOf } from '../planning/rollout/policy-of.ts';
import type { Member } from '../planning/rollout/waves.ts';

/** Fleets that say something else, or of which a device came, went or differs. */
export function touchedFleets(
  before: DesiredFleet,
  after: DesiredFleet,
  affected: Iterable<string>,
): ReadonlySet<string> {
  const touched = new Set<string>();
  for (const device of affected) {
    for (const { devices } of [before, after]) {
      const fleet = devices.get(device)?.fleet;
      if (fleet !== undefined) touched.add(fleet);
    }
  }
  for (const [name, fleet] of after.fleets) if (before.fleets.get(name) !== fleet) touched.add(name);
  for (const name of before.fleets.keys()) if (!after.fleets.has(name)) touched.add(name);
  return touched;
}

function hasSameLabels(one: DesiredDevice, other: DesiredDevice): boolean {
  if (one.labels === other.labels) return true;
  const keys = Object.keys(one.labels);
  return keys.length === Object.keys(other.labels).length && keys.every((key) => one.labels[key] === other.labels[key]);
}

/** Fleets whose waves may be others: a device came, went or has other labels. */
export function fleetsToDraw(
  before: DesiredFleet,
  after: DesiredFleet,
  affected: Iterable<string>,
): ReadonlySet<string> {
  const drawn = new Set<string>();
  for (const name of affected) {
    const [old, now] = [before.devices.get(name), after.devices.get(name)];
    if (old !== undefined && now !== undefined && old.fleet === now.fleet && hasSameLabels(old, now)) continue;
    for (const fleet of [old?.fleet, now?.fleet]) if (fleet !== undefined) drawn.add(fleet);
  }
  return drawn;
}

/** The devices of these fleets. */
export function membersOf({ devices }: DesiredFleet, fleets: ReadonlySet<string>): ReadonlyMap<string, Member[]> {
  const members = new Map<string, Member[]>(Array.from(fleets, (fleet) => [fleet, []]));
  if (fleets.size === 0) return members;
  for (const device of devices.values()) members.get(device.fleet ?? '')?.push(device);
  return members;
}

/** How those of the fleets roll out that have waves. */
export function policiesOf({ fleets }: DesiredFleet, names: Iterable<string>): ReadonlyMap<string, RolloutPolicy> {
  const policies = new Map<string, RolloutPolicy>();
  for (const name of names) {
    const fleet = fleets.get(name);
    const policy = fleet && policyOf(fleet);
    if (policy !== undefined) policies.set(name, policy);
  }
  return policies;
}
