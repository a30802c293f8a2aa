/** Where the controller stands, that a simulation goes on from there. */
import { desiredOf } from '../controller/manifests/manifest-state.ts';
import { isHeld, pinsOf } from '../controller/planning/hold.ts';
import type { DeviceStatus, FleetStatus, RolloutStatus } from '../schemas/generated/types.ts';
import type { LackingDevice, OpenedPlan } from './make-plan.ts';
import type { ToldFleets } from './shore-word.ts';

/** A rollout that has not come to its end. */
export interface RolloutUnderWay {
  readonly fleet: string;
  readonly rollout: RolloutStatus;
}

/** What the controller told of the fleets that a simulation is about. */
export interface Beginning extends Pick<ToldFleets, 'asOf' | 'rows' | 'devices'> {
  /** Of the key that it signs with. */
  readonly keyId: string;
  /** Of these fleets, the devices that don't run yet what is wanted, and get nothing anew by the plan. */
  readonly lacking: readonly LackingDevice[];
  readonly rollouts: readonly RolloutUnderWay[];
}

function underWay({ name: fleet, rollout }: FleetStatus): RolloutUnderWay[] {
  return rollout === undefined || rollout.state === 'done' ? [] : [{ fleet, rollout }];
}

/** Fleets that devices of the next revision are in until now. */
function fleetsBefore({ base, next }: OpenedPlan, fleets: ReadonlySet<string>): readonly string[] {
  const before = desiredOf(base.state);
  const names = new Set(fleets);
  for (const [name, { fleet = '' }] of desiredOf(next.state).devices) {
    const had = before.devices.get(name)?.fleet;
    if (fleets.has(fleet) && had !== undefined) names.add(had);
  }
  return [...names].filter((name) => before.fleets.has(name)).sort();
}

/** Who is held without an end at what it has comes to nothing else. */
function lackingOf(opened: OpenedPlan, devices: readonly DeviceStatus[], fleets: ReadonlySet<string>): LackingDevice[] {
  const { devices: wanted } = desiredOf(opened.next.state);
  const planned = new Set(
    opened.plan.change.devices.flatMap(({ kind, device }) => (kind === 'deploy' ? [device] : [])),
  );
  const now = Date.parse(opened.plan.known!.asOf);
  const candidates = devices.filter(({ name }) => {
    const device = wanted.get(name);
    if (device?.fleet === undefined || !fleets.has(device.fleet) || planned.has(name)) return false;
    return !isHeld(device, now) || pinsOf(device, now) !== undefined || device.hold?.until !== undefined;
  });
  return opened.lacking(candidates).slice();
}

/** Undefined where nobody tells, or all tell of another revision than the base. Throws `CommandError`. */
export async function beginningOf(opened: OpenedPlan): Promise<Beginning | undefined> {
  const { plan, fleets: told } = opened;
  if (plan.known === undefined) return undefined;
  const wanted = desiredOf(opened.next.state).fleets;
  const rollouts = told.flatMap(underWay).filter(({ fleet }) => wanted.has(fleet));
  const deploying = plan.change.devices.flatMap(({ fleet, kind }) => (kind === 'gone' || !fleet ? [] : [fleet]));
  const touched = new Set([...deploying, ...rollouts.map(({ fleet }) => fleet)]);
  const names = fleetsBefore(opened, touched);
  if (names.length === 0) return undefined;
  const { asOf, rows, devices, deploymentKey = '' } = await opened.tellFleets(names);
  return { asOf, rows, devices, keyId: deploymentKey, rollouts, lacking: lackingOf(opened, devices, touched) };
}
