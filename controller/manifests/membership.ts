/** Which fleet selects which device, kept up for the devices and fleets that a draft touches. */
import type { Selector } from '../../schemas/generated/types.ts';
import { type Draft, deviceIn, placeIn } from './draft.ts';
import { FleetIndex } from './fleet-index.ts';
import { MapDraft } from './map-draft.ts';
import { countUnder, NameIndexDraft, namesUnder } from './name-index.ts';
import { selectorTerms } from './selector.ts';
import { pauseNow, type Steps } from './steps.ts';

/** Devices that may meet the selector, by the index that narrows most; every device when none does. */
function* candidates({ next }: Draft, selector: Selector): Iterable<string> {
  const lists = selectorTerms(selector);
  const sizes = lists.map((terms) => terms.reduce((sum, term) => sum + countUnder(next.devicesByLabel, term), 0));
  const narrowest = lists[sizes.indexOf(Math.min(...sizes))];
  if (narrowest === undefined) yield* next.devices.keys();
  else for (const term of narrowest) yield* namesUnder(next.devicesByLabel, term);
}

/** Devices whose fleet may be another one now. */
function devicesToJudge(draft: Draft): Set<string> {
  const names = new Set(draft.touched.Device.keys());
  for (const [fleet, manifest] of draft.touched.Fleet) {
    for (const name of namesUnder(draft.before.members, fleet)) names.add(name);
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
  const { before, next } = draft;
  const members = new NameIndexDraft(before.members);
  const strays = new MapDraft(before.strays);
  const judged = new Map<string, string | undefined>();
  const fleets = new FleetIndex(next.fleets);
  for (const device of devicesToJudge(draft)) {
    yield pauseNow;
    const manifest = deviceIn(draft, device);
    const chosen = manifest === undefined ? [] : fleets.selecting(manifest.metadata.labels ?? {});
    const old = before.desiredDevices.get(device)?.fleet;
    if (old !== undefined && !chosen.includes(old)) members.remove(old, device);
    for (const fleet of chosen) members.add(fleet, device);
    judged.set(device, chosen[0]);
    const isStray = manifest !== undefined && (manifest.spec.idle === true) === chosen.length > 0;
    if (isStray) strays.set(device, true);
    else strays.delete(device);
    if (chosen.length > 1) reportConflict(draft, device, chosen);
  }
  next.members = yield* members.settled();
  next.strays = yield* strays.settled();
  return judged;
}
