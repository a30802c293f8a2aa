/** How many devices that belong together may be on their way at once, whatever they are on their way to. */
import type { DesiredDevice } from '../../manifests/desired.ts';
import type { ObservedDevice } from '../observed.ts';
import { type DeviceInRollout, type Progress, progressOf } from './fate.ts';
import type { Budget } from './policy.ts';

/** The group of a device; one without that label or site is bounded by no budget. */
export function groupOf(
  { groupBy }: Budget,
  { labels, site }: Pick<DesiredDevice, 'labels' | 'site'>,
): string | undefined {
  switch (groupBy.kind) {
    case 'site':
      return site;
    case 'label':
      return Object.hasOwn(labels, groupBy.key) ? labels[groupBy.key] : undefined;
    default:
      return groupBy satisfies never;
  }
}

/** Whether its group has to do without it, or may have to: of one that was not heard since it was issued nobody knows. */
export function isUnavailable({ observed }: Pick<DeviceInRollout, 'observed'>): boolean {
  const progress = progressOf(observed);
  switch (progress) {
    case 'unissued':
    case 'settled':
    case 'back':
    case 'withheld':
      return false;
    case 'unheard':
    case 'heard':
    case 'staged':
    case 'probation':
    case 'down':
      return true;
    default:
      return progress satisfies never;
  }
}

/** Whether it was given a place in the budget: of one whose key is new nobody knows, and it may run well. */
export function hasPlace(device: Pick<DeviceInRollout, 'observed'>): boolean {
  return isUnavailable(device) && device.observed.isKeyNew !== true;
}

/** Why its group has to do without a device, or may have to. */
export type Absence = Progress | 'new-key';

/** Of one that is unavailable. */
export function absenceOf(observed: ObservedDevice): Absence {
  return observed.isKeyNew ? 'new-key' : progressOf(observed);
}

/** A device that its group has to do without, or may have to. */
export interface Taker {
  readonly device: string;
  readonly absence: Absence;
  /** Its wave comes after the one that is open: it is offered nothing new before others are through. */
  readonly isLater?: true;
}

/** What of the budget of a group is left, and the first of those that have a place in it. */
export interface Room {
  readonly spare: number;
  readonly takers: readonly Taker[];
}

/** Takers that are named. */
export const takersMax = 3;

const wayOut = 'its own wave comes later: an earlier wave or another group for it lets the others go on';

function takerText({ device, absence, isLater }: Taker): string {
  if (absence === 'new-key') return `${device} has said nothing yet by the key that git names now`;
  if (absence === 'unheard') return `${device} was not heard since it was issued its newest`;
  if (absence !== 'down') return `${device} is on its way`;
  return isLater ? `${device} does badly, and ${wayOut}` : `${device} does badly`;
}

/** Why a device of a group gets nothing that it would have to stop something for. */
export function noRoomText(group: string, { takers }: Room): string {
  const what = `as many devices of ${group} as may be are on their way, or nobody knows of them`;
  return takers.length === 0 ? what : `${what}: ${takers.map(takerText).join(', ')}`;
}
