/** Which fleets a commit touches as far as rollouts go, and who is in them. */
import type { DesiredDevice, DesiredFleet } from '../manifests/desired.ts';
import { forEachInSteps, type Steps } from '../manifests/steps.ts';
import type { RolloutPolicy } from '../planning/rollout/policy.ts';
import { policyOf } from '../planning/rollout/policy-of.ts';
import { drawWavesInSteps, type Lots, type Member } from '../planning/rollout/waves.ts';

/** Who is in which wave of a fleet. */
export interface DrawnFleet {
  /** The index of each device's wave. */
  readonly waves: ReadonlyMap<string, number>;
  /** What its devices drew, those that left it too. */
  readonly lots: Lots;
}

/** What a commit is for the rollouts of fleets. */
export interface FollowedCommit {
  readonly wanted: DesiredFleet;
  readonly affected: ReadonlySet<string>;
  readonly touched: ReadonlySet<string>;
  /** How those of the touched fleets roll out that have waves. */
  readonly policies: ReadonlyMap<string, RolloutPolicy>;
  /** By fleet; of those only whose waves may be others than before. */
  readonly drawn: ReadonlyMap<string, DrawnFleet>;
}

/** Fleets that say something else, or of which a device came, went or differs. */
function* touchedFleets(
  before: DesiredFleet,
  after: DesiredFleet,
  affected: Iterable<string>,
): Steps<ReadonlySet<string>> {
  const touched = new Set<string>();
  yield* forEachInSteps(affected, (device) => {
    for (const { devices } of [before, after]) {
      const fleet = devices.get(device)?.fleet;
      if (fleet !== undefined) touched.add(fleet);
    }
  });
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
function* fleetsToDraw(
  before: DesiredFleet,
  after: DesiredFleet,
  affected: Iterable<string>,
): Steps<ReadonlySet<string>> {
  const drawn = new Set<string>();
  yield* forEachInSteps(affected, (name) => {
    const [old, now] = [before.devices.get(name), after.devices.get(name)];
    if (old !== undefined && now !== undefined && old.fleet === now.fleet && hasSameLabels(old, now)) return;
    for (const fleet of [old?.fleet, now?.fleet]) if (fleet !== undefined) drawn.add(fleet);
  });
  return drawn;
}

/** The devices of these fleets. */
function* membersOf(
  { devices }: DesiredFleet,
  fleets: Iterable<string>,
): Steps<ReadonlyMap<string, readonly Member[]>> {
  const members = new Map<string, Member[]>(Array.from(fleets, (fleet) => [fleet, []]));
  if (members.size === 0) return members;
  yield* forEachInSteps(devices.values(), (device) => members.get(device.fleet ?? '')?.push(device));
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

/** What of a commit is followed; `before` is what was followed until now. */
export function* followedCommit(
  before: {
    readonly wanted: DesiredFleet;
    /** Whether the fleet rolled out by this already. */
    readonly isAsked: (fleet: string, policy: RolloutPolicy) => boolean;
    /** What the fleet's devices drew until now. */
    readonly lotsOf: (fleet: string) => Lots | undefined;
  },
  wanted: DesiredFleet,
  affected: ReadonlySet<string>,
): Steps<FollowedCommit> {
  const touched = yield* touchedFleets(before.wanted, wanted, affected);
  const policies = policiesOf(wanted, touched);
  const others = yield* fleetsToDraw(before.wanted, wanted, affected);
  const toDraw = [...policies].filter(([fleet, policy]) => others.has(fleet) || !before.isAsked(fleet, policy));
  const members = yield* membersOf(
    wanted,
    toDraw.map(([fleet]) => fleet),
  );
  const drawn = new Map<string, DrawnFleet>();
  for (const [fleet, policy] of toDraw) {
    const lots = before.lotsOf(fleet) ?? new Map<string, number>();
    const waves = yield* drawWavesInSteps(fleet, members.get(fleet)!, policy.waves, lots);
    drawn.set(fleet, { waves, lots });
  }
  return { wanted, affected, touched, policies, drawn };
}
