/** How many devices that belong together may be on their way at once, whatever they are on their way to. */
import type { DesiredDevice } from '../../manifests/desired.ts';
import { type DeviceInRollout, progressOf } from './fate.ts';
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
export function isUnavailable({ observed }: DeviceInRollout): boolean {
  const progress = progressOf(observed);
  switch (progress) {
    case 'unissued':
    case 'settled':
    case 'back':
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
