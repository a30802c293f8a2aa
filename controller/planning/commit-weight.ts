/** What a commit does by its manifests alone, as far as policies ask. Pure. */
import { canonicalJson } from '../manifests/canonical-json.ts';
import { definitionOf } from '../manifests/definition.ts';
import type { DesiredDevice, DesiredFleet } from '../manifests/desired.ts';
import { desiredOf, type ManifestState } from '../manifests/manifest-state.ts';
import { countUnder, namesUnder } from '../manifests/name-index.ts';
import { forEachInSteps, type Steps } from '../manifests/steps.ts';
import { type ComparedDevices, type DeviceChange, deviceChangesInSteps } from './compare.ts';
import { asksForBudgets, asksForWaves, type CommitWeight, type PlacedPolicy, type WeighedFleet } from './policy.ts';
import { workOf } from './rollout/disturbance.ts';
import { policyOf } from './rollout/policy-of.ts';
import { waveSizesInSteps } from './rollout/waves.ts';
import { noneWeakened, weakenedBudgets } from './weakened-budgets.ts';

/** All holds that have an end are over by then: what they put off comes all the same. */
const afterHoldsMs = Number.MAX_SAFE_INTEGER;

/** No hold that has an end is over by then. */
const beforeHoldsEndMs = 0;

/** A device that both is held at releases and gets something when that is over takes what both take. */
function joined(held: DeviceChange, over: DeviceChange | undefined): DeviceChange {
  if (held.kind !== 'deploy' || over?.kind !== 'deploy') return over?.kind === 'deploy' ? over : held;
  const fetches = new Map([...over.fetches, ...held.fetches].map((fetch) => [fetch.release.sha256, fetch]));
  return { ...over, fetches: [...fetches.values()] };
}

/** What becomes of devices when holds that end are over; and of those that are held at releases before that. */
export function* weighedChangesInSteps(
  names: ReadonlySet<string> | readonly string[],
  compared: Omit<ComparedDevices, 'affected' | 'now'>,
): Steps<DeviceChange[]> {
  const over = yield* deviceChangesInSteps(names, { ...compared, now: afterHoldsMs });
  const pinned: string[] = [];
  yield* forEachInSteps(names, (name) => {
    if (compared.next.devices.get(name)?.pinned !== undefined) pinned.push(name);
  });
  const held = yield* deviceChangesInSteps(pinned, { ...compared, now: beforeHoldsEndMs });
  if (held.length === 0) return over;
  const changes = new Map<string, DeviceChange>();
  yield* forEachInSteps(over, (change) => changes.set(change.device, change));
  yield* forEachInSteps(held, (change) => changes.set(change.device, joined(change, changes.get(change.device))));
  return [...changes.values()];
}

/** A revision, and who is in its fleets. */
export interface WeighedSide {
  readonly desired: DesiredFleet;
  readonly sizeOf: (fleet: string) => number;
  readonly namesIn: (fleet: string) => Iterable<string>;
}

/** The side that a revision is. */
export function sideOf(state: ManifestState): WeighedSide {
  return {
    desired: desiredOf(state),
    sizeOf: (fleet) => countUnder(state.members, fleet),
    namesIn: (fleet) => namesUnder(state.members, fleet),
  };
}

/** A commit that is weighed. */
export interface WeighedCommit {
  readonly base: WeighedSide;
  readonly next: WeighedSide;
  /** The devices that differ. */
  readonly affected: Iterable<string>;
  /** What becomes of them when holds that end are over. */
  readonly devices: readonly DeviceChange[];
}

type WeighedWaves = Pick<WeighedFleet, 'waves' | 'first'>;

/** The waves of a fleet that take somebody; of one without devices all that there are. */
function* weighWaves({ desired, sizeOf, namesIn }: WeighedSide, fleet: string): Steps<WeighedWaves> {
  const manifest = desired.fleets.get(fleet);
  const waves = manifest && policyOf(manifest)?.waves;
  const of = sizeOf(fleet);
  if (waves === undefined || of === 0) return { waves: waves?.length ?? 1, first: { devices: of, of } };
  const members = () => Iterator.from(namesIn(fleet)).map((name) => desired.devices.get(name)!);
  const sizes = (yield* waveSizesInSteps(fleet, of, members, waves)).filter((count) => count > 0);
  return { waves: sizes.length, first: { devices: sizes[0]!, of } };
}

/** All at once. */
function inOneWave(devices: number): WeighedWaves {
  return { waves: 1, first: { devices, of: devices } };
}

/** Whether a device is in the same fleet as before, and under the same labels. */
function isPlacedAlike(before: DesiredDevice | undefined, after: DesiredDevice | undefined): boolean {
  if (before === undefined || after === undefined || before.fleet !== after.fleet) return false;
  return before.labels === after.labels || canonicalJson(before.labels) === canonicalJson(after.labels);
}

/** Fleets whose waves may take others than before: only of these it is worth to ask who is in which. */
function* redrawnFleets({ base, next, affected }: WeighedCommit): Steps<ReadonlySet<string>> {
  const redrawn = new Set<string>();
  for (const [name, fleet] of next.desired.fleets) if (base.desired.fleets.get(name) !== fleet) redrawn.add(name);
  yield* forEachInSteps(affected, (device) => {
    const [before, after] = [base.desired.devices.get(device), next.desired.devices.get(device)];
    if (isPlacedAlike(before, after)) return;
    for (const fleet of [before?.fleet, after?.fleet]) if (fleet !== undefined) redrawn.add(fleet);
  });
  return redrawn;
}

/**
 * The fleets that get another definition, and in how many waves; those that are new get their first. Who has fewer waves than before, or a larger first one,
 * by its manifest or because its devices are others, is among them: devices that wait for what a commit before it brought get it by these.
 */
function* redefinedFleets(commit: WeighedCommit): Steps<readonly WeighedFleet[]> {
  const { base, next } = commit;
  const redrawn = yield* redrawnFleets(commit);
  const redefined: WeighedFleet[] = [];
  for (const fleet of next.desired.fleets.keys()) {
    if (!base.desired.fleets.has(fleet)) continue;
    const isSame = definitionOf(base.desired, fleet)?.hash === definitionOf(next.desired, fleet)?.hash;
    if (isSame && !redrawn.has(fleet)) continue;
    const after = yield* weighWaves(next, fleet);
    const weighed = { fleet, ...after, devices: next.sizeOf(fleet) };
    const before = isSame ? yield* weighWaves(base, fleet) : undefined;
    if (before === undefined || after.waves < before.waves) redefined.push(weighed);
    // In one that had nobody, or goes in one wave anyhow, newcomers are no risk.
    else if (after.waves > 1 && before.first.of > 0 && after.first.devices > before.first.devices)
      redefined.push({ ...weighed, isWidened: true });
  }
  return redefined;
}

/** How many devices of each fleet are so. */
function* countByFleet(
  commit: WeighedCommit,
  isSo: (commit: WeighedCommit, change: DeviceChange) => boolean,
): Steps<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  yield* forEachInSteps(commit.devices, (change) => {
    const { fleet = '' } = change;
    if (isSo(commit, change)) counts.set(fleet, (counts.get(fleet) ?? 0) + 1);
  });
  return counts;
}

/** Whether a device is in another fleet than before, and gets something else to run there. */
function isMovedOn({ base, next }: WeighedCommit, { device, kind }: DeviceChange): boolean {
  const [before, after] = [base.desired.devices.get(device), next.desired.devices.get(device)];
  if (kind !== 'deploy' || before?.fleet === undefined || after?.fleet === undefined) return false;
  return before.fleet !== after.fleet && workOf(before.template) !== workOf(after.template);
}

/** Those of a fleet that take devices over: at once where it has already what they get, in its waves where it is new. */
function* joinedFleet({ base, next }: WeighedCommit, fleet: string, devices: number): Steps<readonly WeighedFleet[]> {
  if (!base.desired.fleets.has(fleet)) return [{ fleet, ...(yield* weighWaves(next, fleet)), devices }];
  const isSame = definitionOf(base.desired, fleet)?.hash === definitionOf(next.desired, fleet)?.hash;
  return isSame ? [{ fleet, ...inOneWave(devices), devices, isJoined: true }] : [];
}

/** Devices that another fleet takes over and gives something else. */
function* joinedFleets(commit: WeighedCommit): Steps<readonly WeighedFleet[]> {
  const moved = yield* countByFleet(commit, isMovedOn);
  const joined: WeighedFleet[] = [];
  for (const [fleet, devices] of moved) joined.push(...(yield* joinedFleet(commit, fleet, devices)));
  return joined;
}

/** What a device runs while its hold stands. */
function heldWork({ pinned, template }: DesiredDevice): string {
  return workOf(pinned ?? template);
}

/** Whether a device is held at other releases than before, and runs something else by that. */
function isPinnedAnew({ base, next }: WeighedCommit, { device, kind }: DeviceChange): boolean {
  const [before, after] = [base.desired.devices.get(device), next.desired.devices.get(device)];
  if (kind !== 'deploy' || before === undefined || after?.pinned === undefined) return false;
  const [old, fresh] = [before, after].map(({ hold }) => canonicalJson(hold?.releases ?? {}));
  return old !== fresh && before.fleet === after.fleet && heldWork(before) !== heldWork(after);
}

/** Devices that get at once what their hold names, before anybody tried it in their fleet. */
function* pinnedFleets(commit: WeighedCommit): Steps<readonly WeighedFleet[]> {
  const pinned = yield* countByFleet(commit, isPinnedAnew);
  return Array.from(pinned, ([fleet, devices]) => ({ fleet, ...inOneWave(devices), devices, isPinned: true }));
}

/** The devices that a policy counts: those that a hold without an end, or a missing key, keeps as they are, are not among them. */
function movingDevices(devices: readonly DeviceChange[]): number {
  return devices.filter(({ kind }) => kind !== 'hold').length;
}

/** All but the prices; nothing is asked for that no policy needs. */
export function* weighInSteps(
  policies: readonly PlacedPolicy[],
  commit: WeighedCommit,
): Steps<Omit<CommitWeight, 'prices'>> {
  const { base, next, affected } = commit;
  return {
    devices: movingDevices(commit.devices),
    fleets: asksForWaves(policies)
      ? [...(yield* redefinedFleets(commit)), ...(yield* joinedFleets(commit)), ...(yield* pinnedFleets(commit))]
      : [],
    budgets: asksForBudgets(policies) ? yield* weakenedBudgets(base, next.desired, affected) : noneWeakened,
  };
}
