/** Which of several devices that want a module fetches it over the link. Pure; each decides for itself by what it hears of the others. */
import { createHash } from 'node:crypto';
import type { Want } from './wants.ts';

/** A device that wants a module, and how far it is. */
export interface Wanter extends Omit<Want, 'sha256'> {
  readonly device: string;
}

/** The same for all who ask, and another device for another module, so that the work is shared. */
function lot(device: string, sha256: string): string {
  return createHash('sha256').update(`${device} ${sha256}`).digest('hex');
}

/**
 * The one that a device waits for; undefined where it is to fetch by itself. Who fetches already goes on, though two do: neither
 * waits. Else it is who has most of it, and of those the one whose lot is least.
 */
export function waitsFor(own: string, done: number, others: readonly Wanter[], sha256: string): Wanter | undefined {
  const best = (ones: readonly Wanter[]): Wanter | undefined =>
    ones.toSorted((a, b) => b.done - a.done || (lot(a.device, sha256) < lot(b.device, sha256) ? -1 : 1))[0];
  const fetching = best(others.filter(({ isFetching }) => isFetching));
  if (fetching !== undefined) return fetching;
  const first = best([...others, { device: own, done, isFetching: false }]);
  return first?.device === own ? undefined : first;
}
