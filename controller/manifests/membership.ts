/** Which fleet selects which device, kept up for the devices and fleets that a draft touches. */
import type { Selector } from '../../schemas/generated/types.ts';
import { type Draft, placeIn } from './draft.ts';
import { FleetIndex } from './fleet-index.ts';
import { indexed, PersistentMap, unindexed } from './persistent-map.ts';
import { selectorTerms } from './selector.ts';
import { pauseNow, type Steps } from './steps.ts';

/** Devices that may meet the selector, by the index that narrows most; every device when none does. */
function* candidates({ next }: Draft, selector: Selector): Iterable<string> {
  const sets = selectorTerms(selector).map((terms) => terms.map((term) => next.devicesByLabel.get(term)));
  const sizes = sets.map((list) => list.reduce((sum, set) => sum + (set?.size ?? 0), 0));
  const narrowest = sets[sizes.indexOf(Math.min(...sizes))];
  if (narrowest === undefined) yield* next.devices.keys();
  else for (const set of narrowest) yield* set?.keys() ?? [];
}

/** Devices whose fleet may be another one now. */
function devicesToJudge(draft: Draft): Set<string> {
  const names = new Set(draft.touched.Device);
  for (const fleet of draft.touched.Fleet) {
    for (const name of draft.before.members.get(fleet)?.keys() ?? []) names.add(name);
    const manifest = draft.next.fleets.get(fleet);
    if (manifest !== undefined) for (const name of candidates(draft, manifest.spec.selector)) names.add(name);
  }
  return names;
}

function reportConflict(draft: Draft, device: string, fleets: readonly string[]): void {
  const place = placeIn(draft, `Fleet/${fleets[1]}`, ['spec', 'selector'], 'key');
  const names = fleets.map((fleet) => `"${fleet}"`).join(' and ');
  draft.findings.addForDevice(
    place,
    'DEVICE_IN_TWO_FLEETS',
    names,
    device,
    (devices) => `fleets ${names} both select ${devices}`,
  );
}

/** Updates `members` and `strays`, and reports devices that two fleets select; returns the fleet of each device it looked at. */
export function* updateMembership(draft: Draft): Steps<Map<string, string | undefined>> {
  const { before, next, edit } = draft;
  const judged = new Map<string, string | undefined>();
  const fleets = new FleetIndex(next.fleets);
  for (const device of devicesToJudge(draft)) {
    yield pauseNow;
    const manifest = next.devices.get(device);
    const chosen = manifest === undefined ? [] : fleets.selecting(manifest.metadata.labels ?? {});
    const old = before.desiredDevices.get(device)?.fleet;
    if (old !== undefined && !chosen.includes(old)) next.members = unindexed(next.members, old, device, edit);
    for (const fleet of chosen) next.members = indexed(next.members, fleet, device, edit);
    judged.set(device, chosen[0]);
    const isStray = manifest !== undefined && (manifest.spec.idle === true) === chosen.length > 0;
    next.strays = isStray ? next.strays.set(device, true, edit) : next.strays.delete(device, edit);
    if (chosen.length > 1) reportConflict(draft, device, chosen);
  }
  return judged;
}

/** The set of nobody, for fleets without members. */
export const nobody = PersistentMap.empty<true>();
