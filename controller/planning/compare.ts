/** What a revision would change against another: device by device and fleet by fleet. Pure; touches nothing. */
import { canonicalJson } from '../manifests/canonical-json.ts';
import { definitionOf, pinnedDefinition } from '../manifests/definition.ts';
import type { Catalogue, DesiredDevice, DesiredFleet } from '../manifests/desired.ts';
import { templateUnder } from '../manifests/render-template.ts';
import { forEachInSteps, runAtOnce, type Steps } from '../manifests/steps.ts';
import { type ApplicationChange, applicationChanges } from './application-changes.ts';
import { type AttributeChange, attributeChanges } from './attribute-changes.ts';
import { asHeld, isHeld, pinsOf } from './hold.ts';
import { type Fetch, lackedModules } from './lacked-modules.ts';
import type { DescribedDevice } from './observed.ts';
import { type DeployCause, type HoldCause, planDevice } from './plan-device.ts';
import { workOf } from './rollout/disturbance.ts';
import {
  type BoundedChange,
  isLeftOut,
  type KnownRollout,
  type PlannedRollout,
  planBounded,
  planWaves,
  type WaveNames,
  waveNames,
} from './rollout/plan-waves.ts';
import type { RolloutPolicy } from './rollout/policy.ts';
import { policyOf } from './rollout/policy-of.ts';

export interface DeviceChange {
  readonly device: string;
  readonly site?: string;
  /** The fleet it will be in; of a device that goes, the one it was in. */
  readonly fleet?: string;
  /** The wave of its fleet in which it gets its deployment; at once where there is none. */
  readonly wave?: string;
  /** It is held at releases, and gets what else its fleet brings when all others have it. */
  readonly comesLast?: true;
  /** `deploy`: it gets a deployment. `hold`: it would not move. `gone`: git names it no longer. */
  readonly kind: 'deploy' | 'hold' | 'gone';
  readonly cause: DeployCause | HoldCause | 'REMOVED';
  readonly message: string;
  readonly applications: readonly ApplicationChange[];
  readonly attributes: readonly AttributeChange[];
  /** It loses all its applications, and its manifest does not say that it is to be idle. */
  readonly isStripped: boolean;
  readonly fetches: readonly Fetch[];
  /** What it does where an update has no delta; absent where it takes the module whole. */
  readonly wholeModules?: 'ask' | 'never';
}

export interface FleetChange {
  readonly fleet: string;
  /** Devices in the fleet by the next revision. */
  readonly devices: number;
  readonly deploying: number;
  readonly holding: number;
  readonly gone: number;
  /** The rollout that begins; absent where what changes goes to all devices at once. */
  readonly rollout?: PlannedRollout;
  /** The number of the rollout that ends, because the fleet goes back to what was completed before it. */
  readonly endsRollout?: number;
  /** Where no rollout begins, and its budget bounds what changes all the same. */
  readonly bounded?: BoundedChange;
}

export interface RevisionChange {
  /** Sorted by name; devices that stay as they are, are absent. */
  readonly devices: readonly DeviceChange[];
  /** All fleets of both revisions, sorted. */
  readonly fleets: readonly FleetChange[];
}

/** What it takes to tell what becomes of devices. */
export interface ComparedDevices {
  readonly base: DesiredFleet;
  readonly next: DesiredFleet;
  /** What is known of a device; undefined when nobody could be asked: then it is taken to run what `base` wants. */
  readonly observe: (device: string) => DescribedDevice | undefined;
  /** The devices that may differ; every one of both revisions when undefined. */
  readonly affected?: ReadonlySet<string>;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The id of the key that signs deployments now, where that is known. */
  readonly deploymentKey?: string;
  /** Releases of both revisions: which bytes a device has by the names and versions it reports. */
  readonly releases: Catalogue;
}

export interface ComparedRevisions extends ComparedDevices {
  /** How many devices of `next` a fleet selects. */
  readonly membersOf: (fleet: string) => number;
  readonly namesIn: (fleet: string) => Iterable<string>;
  /** What is known of the rollout of a fleet. */
  readonly rolloutOf?: (fleet: string) => KnownRollout | undefined;
}

function isStripped(before: DesiredDevice | undefined, after: DesiredDevice): boolean {
  const had = before?.template.applications.length ?? 0;
  return had > 0 && after.template.applications.length === 0 && after.idle !== true;
}

/** What the controller would know of a device by now if it did all that `base` asks for; nobody knows what one has that it holds. */
function assumed(before: DesiredDevice | undefined, now: number): DescribedDevice {
  if (before?.keyFingerprint === undefined || before.fleet === undefined) return { events: [] };
  const isKnown = !isHeld(before, now) || pinsOf(before, now) !== undefined;
  const templateHash = isKnown ? asHeld(before, now).template.hash : '';
  const issued = { sequence: 1, revision: '', issuedAt: 0, templateHash, applications: [] };
  return { issued, events: [] };
}

/** Whether git says the same of it but for what it is told of others. */
function isSame(before: DesiredDevice | undefined, after: DesiredDevice): boolean {
  return (
    before !== undefined &&
    before.template.hash === after.template.hash &&
    before.pinned?.hash === after.pinned?.hash &&
    before.fleet === after.fleet &&
    canonicalJson(before.hold) === canonicalJson(after.hold) &&
    before.keyFingerprint === after.keyFingerprint
  );
}

function compareDevice(name: string, compared: Omit<ComparedDevices, 'affected'>): DeviceChange | undefined {
  const { observe, releases, now, deploymentKey } = compared;
  const [before, after] = [compared.base, compared.next].map(({ devices }) => {
    const device = devices.get(name);
    return device && asHeld(device, now);
  });
  const { name: device, site, fleet = before?.fleet } = (after ?? before)!;
  const applications = applicationChanges(before?.template.applications ?? [], after?.template.applications ?? []);
  const attributes = attributeChanges(before, after, now);
  const place = { device, ...(site && { site }), ...(fleet && { fleet }), applications, attributes };
  if (after === undefined) {
    const message = 'git names it no longer: it may not connect any more, and goes on with what it runs';
    return { ...place, kind: 'gone', cause: 'REMOVED', message, isStripped: false, fetches: [] };
  }
  if (isSame(compared.base.devices.get(name), compared.next.devices.get(name)!)) return undefined;
  const observed = observe(device);
  const { kind, cause, message } = planDevice(after, observed ?? assumed(before, now), now, deploymentKey);
  const fetches = lackedModules(after, { before, observed, releases });
  const { wholeModules } = after.template;
  const terms = wholeModules === undefined ? {} : { wholeModules };
  const change = { ...place, kind, cause, message, isStripped: isStripped(before, after), fetches, ...terms };
  return kind === 'deploy' && comesLast(name, compared) ? { ...change, comesLast: true } : change;
}

/**
 * Whether all that changes of a device that is held at releases is what its fleet brings to the others, wave by wave: to it that comes
 * when they have it.
 */
function comesLast(name: string, { base, next, now }: Omit<ComparedDevices, 'affected'>): boolean {
  const [before, after] = [base.devices.get(name), next.devices.get(name)];
  const releases = after && pinsOf(after, now);
  const manifest = after?.fleet === undefined ? undefined : next.fleets.get(after.fleet);
  if (before === undefined || releases === undefined || manifest === undefined || policyOf(manifest) === undefined)
    return false;
  const good = definitionOf(base, manifest.metadata.name);
  const template = good && templateUnder(next, pinnedDefinition(good, releases, next.catalogue), name);
  return template?.hash === asHeld(before, now).template.hash;
}

/** A fleet that gets another definition: its way through its waves, or back to what it ran before them. */
type FleetWay =
  | {
      readonly kind: 'waves';
      readonly policy: RolloutPolicy;
      readonly names: WaveNames;
      /** Devices that it offers nothing; none where nothing ran well before it. */
      readonly leftOut: readonly string[];
      readonly supersedes?: number;
    }
  | { readonly kind: 'back'; readonly ends: number };

function wayOf(fleet: string, policy: RolloutPolicy, target: string, compared: ComparedRevisions): FleetWay {
  const { base, next, namesIn, rolloutOf, now } = compared;
  const known = rolloutOf?.(fleet);
  const isOver = known === undefined || known.state === 'done';
  if (!isOver && known.good === target) return { kind: 'back', ends: known.number };
  const members = Array.from(namesIn(fleet), (name) => next.devices.get(name)!);
  const hasGood = known === undefined ? definitionOf(base, fleet) !== undefined : known.good !== undefined;
  const leftOut = hasGood ? members.filter((one) => isLeftOut(base.devices.get(one.name), one, now)) : [];
  return {
    ...{ kind: 'waves', policy, names: waveNames(fleet, policy, members), leftOut: leftOut.map(({ name }) => name) },
    ...(isOver ? {} : { supersedes: known.number }),
  };
}

/** Fleets that get another definition and have waves. What sites and devices say otherwise waits for none. */
function fleetWays(compared: ComparedRevisions): ReadonlyMap<string, FleetWay> {
  const { base, next } = compared;
  const ways = new Map<string, FleetWay>();
  for (const [fleet, manifest] of next.fleets) {
    const policy = policyOf(manifest);
    const target = policy && definitionOf(next, fleet)?.hash;
    if (policy === undefined || target === undefined || definitionOf(base, fleet)?.hash === target) continue;
    ways.set(fleet, wayOf(fleet, policy, target, compared));
  }
  return ways;
}

function inWave(
  change: DeviceChange,
  ways: ReadonlyMap<string, FleetWay>,
  { next, now }: ComparedRevisions,
): DeviceChange {
  const device = next.devices.get(change.device);
  const isPinned = device !== undefined && pinsOf(device, now) !== undefined;
  const isWanted = !isPinned && (change.cause === 'CHANGED' || change.cause === 'FIRST');
  const way = isWanted ? ways.get(change.fleet ?? '') : undefined;
  const wave = way?.kind === 'waves' ? way.names.get(change.device) : undefined;
  return wave === undefined ? change : { ...change, wave };
}

/** By fleet, the devices that get a deployment: in a wave where the fleet goes through its waves. */
function deployingByFleet(
  devices: readonly DeviceChange[],
  next: DesiredFleet,
  ways: ReadonlyMap<string, FleetWay>,
): ReadonlyMap<string, DesiredDevice[]> {
  const moving = devices.filter(({ kind, wave, fleet = '' }) => {
    return kind === 'deploy' && (wave !== undefined || ways.get(fleet)?.kind !== 'waves');
  });
  return Map.groupBy(
    moving.map(({ device }) => next.devices.get(device)!),
    ({ fleet = '' }) => fleet,
  );
}

/** What of a fleet changes under its budget alone; `deploying` are its devices that get a deployment. */
function boundedChange(
  fleet: string,
  way: FleetWay | undefined,
  deploying: readonly DesiredDevice[],
  { base, next, now }: ComparedRevisions,
): Pick<FleetChange, 'bounded'> {
  const manifest = next.fleets.get(fleet);
  const policy = manifest && policyOf(manifest);
  if (policy === undefined || way?.kind === 'waves') return {};
  const bounded = planBounded(policy, deploying, (device) => {
    const before = base.devices.get(device.name);
    const works = [before ?? device, device].map((one) => workOf(asHeld(one, now).template));
    return before?.fleet === fleet && works[0] === works[1];
  });
  return bounded === undefined ? {} : { bounded };
}

function rolloutChange(
  way: FleetWay | undefined,
  deploying: readonly DesiredDevice[],
): Pick<FleetChange, 'rollout' | 'endsRollout'> {
  if (way === undefined) return {};
  if (way.kind === 'back') return { endsRollout: way.ends };
  const { policy, names, leftOut, supersedes } = way;
  const rollout = planWaves(policy, names, deploying, leftOut);
  return { rollout: supersedes === undefined ? rollout : { ...rollout, supersedes } };
}

function fleetChanges(
  devices: readonly DeviceChange[],
  compared: ComparedRevisions,
  ways: ReadonlyMap<string, FleetWay>,
): FleetChange[] {
  const { base, next, membersOf } = compared;
  const moving = deployingByFleet(devices, next, ways);
  const kinds = new Map<string, number>();
  for (const { fleet, kind } of devices) kinds.set(`${kind} ${fleet}`, (kinds.get(`${kind} ${fleet}`) ?? 0) + 1);
  return [...new Set([...base.fleets.keys(), ...next.fleets.keys()])].sort().map((fleet) => {
    const count = (kind: DeviceChange['kind']): number => kinds.get(`${kind} ${fleet}`) ?? 0;
    const [deploying, holding, gone] = [count('deploy'), count('hold'), count('gone')];
    const those = moving.get(fleet) ?? [];
    const way = rolloutChange(ways.get(fleet), those);
    const bounded = boundedChange(fleet, ways.get(fleet), those, compared);
    return { fleet, devices: membersOf(fleet), deploying, holding, gone, ...way, ...bounded };
  });
}

/** What becomes of each of these devices that changes, in their order. */
export function* deviceChangesInSteps(
  names: Iterable<string>,
  compared: Omit<ComparedDevices, 'affected'>,
): Steps<DeviceChange[]> {
  const changes: DeviceChange[] = [];
  yield* forEachInSteps(names, (name) => {
    const change = compareDevice(name, compared);
    if (change !== undefined) changes.push(change);
  });
  return changes;
}

/** Compares two revisions by the very planner that the controller runs. */
export function compareRevisions(compared: ComparedRevisions): RevisionChange {
  const { base, next, affected } = compared;
  const names = [...(affected ?? new Set([...base.devices.keys(), ...next.devices.keys()]))].sort();
  const ways = fleetWays(compared);
  const devices = runAtOnce(deviceChangesInSteps(names, compared)).map((change) => inWave(change, ways, compared));
  return { devices, fleets: fleetChanges(devices, compared, ways) };
}
