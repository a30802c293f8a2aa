/** Where the controller stands, that a simulation goes on from there. */
import { desiredOf } from '../controller/manifests/manifest-state.ts';
import type { FleetStatus, RolloutStatus } from '../schemas/generated/types.ts';
import type { OpenedPlan } from './make-plan.ts';
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
  readonly rollouts: readonly RolloutUnderWay[];
}

function rolloutIn({ name: fleet, rollout }: FleetStatus): RolloutUnderWay[] {
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

/** Fleets that the commit touches, and those whose rollout is under way. */
export function touchedFleets({ plan, fleets, next }: OpenedPlan): ReadonlySet<string> {
  const wanted = desiredOf(next.state).fleets;
  const changing = plan.change.devices.flatMap(({ fleet, kind }) => (kind === 'gone' || !fleet ? [] : [fleet]));
  const underWay = plan.known === undefined ? [] : fleets.flatMap(rolloutIn).map(({ fleet }) => fleet);
  return new Set([...changing, ...underWay].filter((fleet) => wanted.has(fleet)));
}

/** Undefined where nobody tells, or all tell of another revision than the base. Throws `CommandError`. */
export async function beginningOf(opened: OpenedPlan): Promise<Beginning | undefined> {
  const { plan, fleets: told } = opened;
  if (plan.known === undefined) return undefined;
  const touched = touchedFleets(opened);
  const names = fleetsBefore(opened, touched);
  if (names.length === 0) return undefined;
  const { asOf, rows, devices, deploymentKey = '' } = await opened.tellFleets(names);
  const rollouts = told.flatMap(rolloutIn).filter(({ fleet }) => touched.has(fleet));
  return { asOf, rows, devices, keyId: deploymentKey, rollouts };
}
