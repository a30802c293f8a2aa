/** What a simulation goes by of what the controller knows of devices: how places come into contact. Pure. */
import type { DesiredDevice } from '../controller/manifests/desired.ts';
import { hasBasis } from '../controller/planning/contact-history.ts';
import type { ContactHabit } from '../controller/simulation/contacts.ts';
import { placeOf } from '../controller/simulation/simulation.ts';
import type { DeviceStatus } from '../schemas/generated/types.ts';
import type { SimulationQuestion } from './simulation-options.ts';

/** How the places of a simulation come into contact. */
export interface ContactBasis {
  /** All of them, and those of which the controller remembers enough. */
  readonly places: number;
  readonly remembered: number;
}

function isRemembered({ silences }: Pick<DeviceStatus, 'silences'>): boolean {
  return silences !== undefined && hasBasis(silences);
}

/** By place, the device of which it is known best how the place comes into contact: all of one come together. */
function bestKnown(devices: ReadonlyMap<string, DesiredDevice>, known: readonly DeviceStatus[]) {
  const best = new Map<string, DeviceStatus>();
  for (const status of known) {
    const device = devices.get(status.name);
    if (device === undefined) continue;
    const place = placeOf(device);
    const before = best.get(place);
    if (before === undefined || (isRemembered(status) && !isRemembered(before))) best.set(place, status);
  }
  return best;
}

function habitOf(place: string, status: Partial<DeviceStatus>, asked: SimulationQuestion): ContactHabit {
  const { silences, connected, linkSince, contactAt } = status;
  const since = linkSince ?? contactAt;
  const darkMs = asked.darkMs.get(place);
  const said = asked.contacts.get(place);
  return {
    kind: said ?? asked.contact,
    ...(silences !== undefined && said === undefined && { silences }),
    ...(connected !== undefined && since !== undefined && { now: { isUp: connected, since: Date.parse(since) } }),
    ...(darkMs !== undefined && { darkMs }),
  };
}

/** How each place comes into contact: as was said, else as is remembered, else as of the kind that was said of all. */
export function placeHabits(
  asked: SimulationQuestion,
  devices: ReadonlyMap<string, DesiredDevice>,
  known: readonly DeviceStatus[],
): {
  readonly habitOf: (place: string) => ContactHabit;
  readonly basisOf: (places: ReadonlySet<string>) => ContactBasis;
} {
  const best = bestKnown(devices, known);
  const isKnown = (place: string): boolean => !asked.contacts.has(place) && isRemembered(best.get(place) ?? {});
  return {
    habitOf: (place) => habitOf(place, best.get(place) ?? {}, asked),
    basisOf: (places) => ({ places: places.size, remembered: [...places].filter(isKnown).length }),
  };
}
