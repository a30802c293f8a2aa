/** How a commit would go through the waves of a fleet, before anybody has made it. */
import type { DesiredDevice } from '../../manifests/desired.ts';
import { isHeld, pinsOf } from '../hold.ts';
import { groupOf } from './budget.ts';
import type { RolloutPolicy, Wave } from './policy.ts';
import type { Rollout } from './rollout.ts';
import { amountOf, drawWaves } from './waves.ts';

/** A wave, and who is in it. */
export interface PlannedWave {
  readonly name: string;
  readonly devices: number;
  /** Of these so many get a deployment when it opens. */
  readonly deploying: number;
  readonly soakSeconds?: number;
  /** Somebody has to say yes before it, or after it. */
  readonly approve?: 'before' | 'after';
  /** So many can be offered nothing, held or without a key, and nobody else is in it for whom something changes: its gate holds. */
  readonly unseen?: number;
}

export interface PlannedBudget {
  /** `site`, or the key of a label. */
  readonly groupBy: string;
  readonly maxUnavailable: number;
}

/** The rollout that a fleet has now. */
export interface KnownRollout {
  readonly number: number;
  readonly state: Rollout['state'];
  /** Hashes of definitions. */
  readonly target: string;
  readonly good?: string;
}

/** What a commit changes in a fleet with a budget and starts no rollout for. */
export interface BoundedChange {
  readonly budget: PlannedBudget;
  /** Devices that get a deployment at once, as far as the budget lets them. */
  readonly atOnce: number;
}

/** The rollout that a commit would start. */
export interface PlannedRollout {
  readonly waves: readonly PlannedWave[];
  readonly budget?: PlannedBudget;
  readonly onFailure: 'halt' | 'revert';
  /** Devices that get a deployment at once: those of its first wave, as far as the budget lets them. */
  readonly atOnce: number;
  /** The number of the one that is under way, which it takes the place of. */
  readonly supersedes?: number;
}

/** The names of a fleet's waves by device. */
export type WaveNames = ReadonlyMap<string, string>;

/** Which wave each of these devices of a fleet is in. */
export function waveNames(fleet: string, { waves }: RolloutPolicy, members: Iterable<DesiredDevice>): WaveNames {
  const drawn = drawWaves(fleet, members, waves);
  return new Map(Array.from(drawn, ([device, index]) => [device, waves[index]!.name]));
}

/** Whether a rollout offers a device nothing, and counts it as held. */
export function isLeftOut(before: DesiredDevice | undefined, device: DesiredDevice, now: number): boolean {
  if (device.keyFingerprint === undefined || pinsOf(device, now) !== undefined) return true;
  return isHeld(device, now) && before?.template.hash !== device.template.hash;
}

function count(names: Iterable<string>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** As many of these devices as the budget lets go together. */
function withinBudget(devices: readonly DesiredDevice[], { budget }: RolloutPolicy): number {
  if (budget === undefined) return devices.length;
  const groups = devices.map((device) => groupOf(budget, device));
  const bounded = count(groups.filter((group) => group !== undefined));
  const free = groups.filter((group) => group === undefined).length;
  return [...bounded.values()].reduce((sum, size) => sum + Math.min(size, budget.maxUnavailable), free);
}

function plannedWave({ name, soakMs, approve }: Wave): Pick<PlannedWave, 'name' | 'soakSeconds' | 'approve'> {
  return { name, ...(soakMs > 0 && { soakSeconds: soakMs / 1000 }), ...(approve && { approve }) };
}

function plannedBudget({ budget }: RolloutPolicy): { readonly budget?: PlannedBudget } {
  if (budget === undefined) return {};
  const { groupBy, maxUnavailable } = budget;
  return { budget: { groupBy: groupBy.kind === 'site' ? 'site' : groupBy.key, maxUnavailable } };
}

/**
 * What goes at once of what no wave is waited for with: as the budget lets of those that have to stop something, and all that go on as
 * they are. Undefined where no budget bounds it.
 */
export function planBounded(
  policy: RolloutPolicy,
  deploying: readonly DesiredDevice[],
  goesOn: (device: DesiredDevice) => boolean,
): BoundedChange | undefined {
  const { budget } = plannedBudget(policy);
  if (budget === undefined || deploying.length === 0) return undefined;
  const stopping = deploying.filter((device) => !goesOn(device));
  return { budget, atOnce: deploying.length - stopping.length + withinBudget(stopping, policy) };
}

/** The first wave of which nothing can be seen, as its gate will judge it: of the last one only where no wave before tries anything. */
function unseenIn(waves: readonly PlannedWave[], policy: RolloutPolicy, left: ReadonlyMap<string, number>): number {
  return waves.findIndex(({ name, deploying }, index) => {
    const held = left.get(name) ?? 0;
    if (deploying > 0 || amountOf(policy.waves[index]!.gate.contacts, held) === 0) return false;
    return index < waves.length - 1 || waves.every((wave) => wave.deploying === 0);
  });
}

/**
 * The waves of a fleet with what goes in each; `deploying` are the devices that get a deployment, `leftOut` those that are offered
 * nothing: none where nothing ran well before, for then no gate waits for them.
 */
export function planWaves(
  policy: RolloutPolicy,
  names: WaveNames,
  deploying: readonly DesiredDevice[],
  leftOut: readonly string[],
): PlannedRollout {
  const sizes = count(names.values());
  const moving = count(deploying.flatMap(({ name }) => names.get(name) ?? []));
  const left = count(leftOut.flatMap((name) => names.get(name) ?? []));
  const each = policy.waves.map((wave): PlannedWave => {
    return { ...plannedWave(wave), devices: sizes.get(wave.name) ?? 0, deploying: moving.get(wave.name) ?? 0 };
  });
  const unseen = unseenIn(each, policy, left);
  const waves = each.map((wave, index) => (index === unseen ? { ...wave, unseen: left.get(wave.name)! } : wave));
  // Waves without devices pass at once, but for the yes that one may wait for.
  const first = waves.find(({ devices, approve }) => devices > 0 || approve !== undefined);
  const opens = first?.approve === 'before' ? [] : deploying.filter(({ name }) => names.get(name) === first?.name);
  return { waves, ...plannedBudget(policy), onFailure: policy.onFailure, atOnce: withinBudget(opens, policy) };
}
