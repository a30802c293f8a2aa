/** What one device may have by the rollout of its fleet: `planDevice` decides by it what is sent. */
import type { Reason } from '../../../schemas/generated/types.ts';
import type { FleetDefinition } from '../../manifests/definition.ts';
import type { DesiredDevice, DesiredFleet, DeviceTemplate } from '../../manifests/desired.ts';
import { idleTemplate } from '../../manifests/device-template.ts';
import { templateUnder } from '../../manifests/render-template.ts';
import { isHeld, pinsOf } from '../hold.ts';
import { type IssuedDeployment, isUntaken, isWithheld, type ObservedDevice } from '../observed.ts';
import { type Leave, tookAnother } from '../plan-device.ts';
import { groupOf, type Room } from './budget.ts';
import { goesOnUnder } from './disturbance.ts';
import { type DeviceInRollout, isUnderWay, retriesOf, waitsForRetry } from './fate.ts';
import { type Permit, permit, withinBudget } from './permit.ts';
import { drawPinned } from './pinned.ts';
import type { RolloutPolicy } from './policy.ts';
import { goodNotThere } from './releases-gone.ts';
import { type FinishedRollout, goesBack, isStopped, type Rollout } from './rollout.ts';
import { isGoodNewer, staleOffer } from './stale-offer.ts';
import { mayGoWhole } from './whole-modules.ts';

/** A device with the template that it may have, and what its rollout says of it. */
export interface Permitted extends Leave {
  readonly device: DesiredDevice;
  /** The hash of the definition that this template was drawn by; absent where its fleet has no waves. */
  readonly definition?: string;
  /** The name of its wave. */
  readonly wave?: string;
  /** It failed before somebody tried again; `reason` is why it was not offered it again yet. */
  readonly awaitsRetry?: true;
  /** It waits for room in the budget of this group. */
  readonly awaitsRoomIn?: string;
}

/** Where the rollout of a fleet is, and what its devices go to or back to. */
export interface RolloutStanding {
  readonly wanted: DesiredFleet;
  readonly policy: RolloutPolicy;
  readonly rollout: Rollout;
  /** Undefined where there is nothing to go back to. */
  readonly good?: FleetDefinition;
  /** Those of its fleet that are over, newest first. */
  readonly finished: readonly FinishedRollout[];
}

/** What it would run by what was good. */
function goodTemplate({ wanted, good }: RolloutStanding, { name }: DesiredDevice): DeviceTemplate | undefined {
  return good && templateUnder(wanted, good, name);
}

/** Rows of before the fleet was written down do not say it of those that had any. */
function isOfFleet({ fleet, applications }: IssuedDeployment, name: string): boolean {
  return fleet === undefined ? applications.length > 0 : fleet === name;
}

/** Whether what it was issued has the releases of a definition: who was held at others, or at an older issue, is not on it. */
function hasReleasesOf({ applications }: IssuedDeployment, definition: FleetDefinition): boolean {
  const versions = new Map(definition.applications.map(({ name, version }) => [name, version]));
  return applications.every(({ name, version }) => (versions.get(name) ?? version) === version);
}

/**
 * Which definition it is on. A device for which both come to the same is on what it is to have. `issued.definition` decides where
 * its site or its own manifest changed since; who was issued something while its fleet had no waves is where those began,
 * unless a hold had it on other releases then.
 */
function definitionOn(
  standing: RolloutStanding,
  desired: DesiredDevice,
  observed: ObservedDevice,
): DeviceInRollout['on'] {
  const { issued } = observed;
  const { rollout, good } = standing;
  if (issued === undefined) return 'nothing';
  if (tookAnother(observed)) return 'other';
  if (issued.templateHash === desired.template.hash) {
    const isGood = isStopped(rollout) && goodTemplate(standing, desired)?.hash === issued.templateHash;
    return isGood ? 'good' : 'target';
  }
  if (issued.definition === rollout.target) return 'target';
  if (good === undefined) return 'other';
  const isGood =
    issued.definition === undefined
      ? isOfFleet(issued, rollout.fleet) && hasReleasesOf(issued, good)
      : issued.definition === good.hash;
  return isGood ? 'good' : 'other';
}

/** A device as its rollout sees it. Who has no key can be issued nothing, and holds nobody up. */
export function inRollout(
  standing: RolloutStanding,
  desired: DesiredDevice,
  observed: ObservedDevice,
  { wave, now }: { readonly wave: number; readonly now: number },
): DeviceInRollout {
  const { budget } = standing.policy;
  const group = budget && groupOf(budget, desired);
  const isPinned = pinsOf(desired, now) !== undefined;
  const on = isPinned ? 'other' : definitionOn(standing, desired, observed);
  const isSame = on === 'good' && observed.issued?.templateHash === desired.template.hash;
  const isUnchanged = isSame || (on === 'target' && observed.issued?.definition !== standing.rollout.target);
  return {
    ...{ wave, observed, on },
    ...(isUnchanged ? { isUnchanged } : {}),
    ...(on === 'target' && goesBack(standing.rollout) && goodTemplate(standing, desired) === undefined
      ? { lacksGood: true }
      : {}),
    isHeld: isHeld(desired, now) || desired.keyFingerprint === undefined,
    ...(isPinned ? { isPinned } : {}),
    ...(group === undefined ? {} : { group }),
  };
}

/** What a device has that gets nothing else now: by the good definition where it is on that, by git's otherwise. */
function asItIs(
  standing: RolloutStanding,
  desired: DesiredDevice,
  device: DeviceInRollout,
  reason: Permit['reason'],
): Permitted {
  const under = device.on === 'good' ? goodTemplate(standing, desired) : undefined;
  return {
    device: under === undefined ? desired : { ...desired, template: under },
    definition: under === undefined ? standing.rollout.target : standing.good!.hash,
    stays: true,
    ...(reason === undefined ? {} : { reason }),
  };
}

function atGood(
  standing: RolloutStanding,
  desired: DesiredDevice,
  device: DeviceInRollout,
  reason: Permit['reason'],
): Permitted {
  const template = goodTemplate(standing, desired);
  if (template === undefined) {
    const message =
      'what its fleet ran before can not be drawn for it any more: its manifest or its site lacks a value';
    return asItIs(standing, desired, device, { code: 'GOOD_NOT_DRAWN', message });
  }
  const hasIt = device.observed.issued?.templateHash === template.hash;
  const gone = hasIt ? undefined : goodNotThere(standing.wanted.catalogue, standing.good);
  if (gone !== undefined) return asItIs(standing, desired, device, gone);
  return {
    device: { ...desired, template },
    definition: standing.good!.hash,
    ...(reason === undefined ? {} : { reason }),
  };
}

/** A device, and what room the budget of its group has; `isCounted` when all devices of its fleet were looked at. */
export interface Asking {
  readonly desired: DesiredDevice;
  readonly device: DeviceInRollout;
  readonly room: Room;
  readonly isCounted: boolean;
}

/** Whether a device would have to stop something for what it may have, which is not what it was issued. */
function isDisturbed({ observed }: DeviceInRollout, { device: { template }, definition, isAnew }: Permitted): boolean {
  const isWanted = observed.issued?.templateHash === template.hash && isAnew !== true;
  const isIssued = isWanted && !tookAnother(observed) && !isWithheld(observed);
  return !isIssued && !goesOnUnder(observed, template, definition);
}

function allowed(standing: RolloutStanding, { desired, device, room, isCounted }: Asking): Permitted {
  const { rollout, policy } = standing;
  if (!isCounted) return asItIs(standing, desired, device, counting);
  const may = permit(device, { rollout, policy });
  const wanted = under(standing, desired, device, may);
  if (!isDisturbed(device, wanted)) return wanted;
  const now = withinBudget(device, may, room);
  return now === may ? wanted : under(standing, desired, device, now);
}

/** What it may have by a permit. */
function under(
  standing: RolloutStanding,
  desired: DesiredDevice,
  device: DeviceInRollout,
  { kind, reason, isAnew }: Permit,
): Permitted {
  const { rollout } = standing;
  switch (kind) {
    case 'target':
      return { device: desired, definition: rollout.target, ...(isAnew ? { isAnew } : {}) };
    case 'good':
      return atGood(standing, desired, device, reason);
    case 'stay':
      return asItIs(standing, desired, device, reason);
    default:
      return kind satisfies never;
  }
}

/** Why nothing is offered and no gate is judged yet. */
export const counting = {
  code: 'ROLLOUT_COUNTING',
  message: 'the devices of its fleet are counted first, since the controller started or a commit changed them',
} as const;

/** The device with what it goes back to; undefined where that can't be had. */
function whatRanWell(
  standing: RolloutStanding,
  desired: DesiredDevice,
): Required<Pick<Permitted, 'device' | 'definition'>> | undefined {
  const template = goodTemplate(standing, desired);
  if (template === undefined || goodNotThere(standing.wanted.catalogue, standing.good) !== undefined) return undefined;
  return { device: { ...desired, template }, definition: standing.good!.hash };
}

/** Who has begun with what is stale goes on with what ran well; with nothing, where that was halted and nothing ran before. */
function takenBack(
  standing: RolloutStanding,
  desired: DesiredDevice,
  { on, observed }: DeviceInRollout,
): Pick<Permitted, 'device' | 'definition'> | undefined {
  const well = whatRanWell(standing, desired);
  if (well !== undefined) return well;
  if (on !== 'target' || observed.report?.running !== undefined) return undefined;
  return { device: { ...desired, template: idleTemplate } };
}

const keptWhileHeld = {
  code: 'HELD',
  message: 'its manifest holds it, and what it was offered and has not taken is kept from it',
} as const;

/** Whether its fleet went on, while it was held, from what it was issued to what it completed last. */
function isBehind({ rollout, good, finished }: RolloutStanding, { on, observed }: DeviceInRollout): boolean {
  const { issued } = observed;
  if (on !== 'other' || good === undefined || issued?.fleet !== rollout.fleet) return false;
  return isGoodNewer(good.hash, finished, issued);
}

/** Who can't be kept from what it was offered, as it has begun with it or nobody knows, is taken back. */
function whenHeld(standing: RolloutStanding, desired: DesiredDevice, device: DeviceInRollout): Permitted {
  const as = { device: desired, definition: standing.rollout.target };
  const { on, observed } = device;
  const stale = isBehind(standing, device) ? undefined : staleOffer(standing.rollout, device, true);
  if (stale === 'unseen') return { ...as, stays: true, isWithdrawn: true, reason: keptWhileHeld };
  const isOnItsWay = on === 'target' && !isUntaken(observed) && isUnderWay(observed);
  if (!isOnItsWay && stale !== 'begun') return as;
  const back = stale === 'begun' ? takenBack(standing, desired, device) : whatRanWell(standing, desired);
  return back === undefined ? as : { ...back, isRecalled: true };
}

/** What it may have where nothing is stale, or what is stale can't be taken back. */
function withoutStale(standing: RolloutStanding, { desired, device, isCounted }: Asking, may: Permitted): Permitted {
  const stale = may.stays && staleOffer(standing.rollout, device, isCounted);
  if (stale === 'unseen') return { ...may, isWithdrawn: true };
  const back = stale === 'begun' ? takenBack(standing, desired, device) : undefined;
  return back === undefined ? may : { ...back, ...(may.reason === undefined ? {} : { reason: may.reason }) };
}

/** With what is kept from the device meanwhile. */
function withKept(reason: Reason, { issued }: ObservedDevice): Reason {
  const { sequence, revision } = issued!;
  const kept = `deployment ${sequence} of commit ${revision.slice(0, 7)}, which it has not taken, is kept from it`;
  return { ...reason, message: `${reason.message}; ${kept}` };
}

/** Of one that can't have what it is held at: what else it was offered and has not taken is stale. */
function withoutPinned(standing: RolloutStanding, asking: Asking, reason: Reason): Permitted {
  const { desired, device } = asking;
  const { pinned = desired.template } = desired;
  const may: Permitted = { device: { ...desired, template: pinned }, stays: true, reason };
  if (device.observed.issued?.templateHash === pinned.hash) return may;
  const by = definitionOn(standing, desired, device.observed);
  const on = by === 'target' && !isStopped(standing.rollout) ? 'other' : by;
  return withoutStale(standing, { ...asking, device: { ...device, on } }, may);
}

/** Whatever its fleet is at, it gets what it is held at, where the budget has room. */
function whenPinned(standing: RolloutStanding, asking: Asking): Permitted {
  const { desired, device, room, isCounted } = asking;
  const issued = device.observed.issued?.templateHash;
  const work = drawPinned(standing, desired, issued);
  if (work.kind === 'none') return withoutPinned(standing, asking, work.reason);
  const { template, definition } = work;
  const wanted = { device: { ...desired, template }, definition };
  if (!isCounted) return { ...wanted, stays: true, ...(issued === template.hash ? {} : { reason: counting }) };
  const mayWhole = mayGoWhole(standing.rollout, desired.name) ? { mayGoWhole: true as const } : {};
  if (!isDisturbed(device, wanted)) return { ...wanted, ...mayWhole };
  const { kind, reason } = withinBudget(device, { kind: 'target' }, room);
  if (kind !== 'stay' || reason === undefined) return { ...wanted, ...mayWhole };
  return { ...wanted, stays: true, reason, ...(device.group === undefined ? {} : { awaitsRoomIn: device.group }) };
}

/** What it may have now. That it is held is `planDevice`'s to say. */
export function permitted(standing: RolloutStanding, asking: Asking): Permitted {
  const { desired, device } = asking;
  const wave = standing.policy.waves[device.wave]!.name;
  if (device.isPinned) return { ...whenPinned(standing, asking), wave };
  if (device.isHeld) return { ...whenHeld(standing, desired, device), wave };
  const { reason, ...rest } = withoutStale(standing, asking, allowed(standing, asking));
  // Nothing keeps it from what it has.
  const { observed } = device;
  const isWanted = observed.issued?.templateHash === desired.template.hash;
  const isKept = rest.isWithdrawn === true || (rest.stays === true && isWithheld(observed));
  const awaitsRetry = waitsForRetry(device, retriesOf(standing.rollout));
  const hasIt = device.on !== 'other' && isWanted && !isKept && !isWithheld(observed) && !awaitsRetry;
  return {
    ...{ ...rest, wave },
    ...(mayGoWhole(standing.rollout, desired.name) ? { mayGoWhole: true } : {}),
    ...(reason === undefined || hasIt ? {} : { reason: isKept ? withKept(reason, observed) : reason }),
    ...(awaitsRetry && reason !== undefined ? { awaitsRetry } : {}),
    ...(reason?.code === 'BUDGET' && device.group !== undefined ? { awaitsRoomIn: device.group } : {}),
  };
}
