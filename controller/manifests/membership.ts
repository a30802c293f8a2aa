/** Which fleet selects which device, kept up for the devices and fleets that a draft touches. */
import type { Device, Fleet } from '../../schemas/generated/types.ts';
import { canonicalJson } from './canonical-json.ts';
import { type Draft, deviceIn, placeIn } from './draft.ts';
import { FleetIndex } from './fleet-index.ts';
import { MapDraft } from './map-draft.ts';
import { NameIndexDraft, namesUnder } from './name-index.ts';
import { forEachInSteps, type Steps } from './steps.ts';

/** Fleets that select otherwise than before. */
function reselecting({ before, touched }: Draft): FleetIndex {
  const changed = [...touched.Fleet].flatMap(([name, fleet]): [string, Fleet][] => {
    const old = before.fleets.get(name);
    const isSame = fleet && old && canonicalJson(fleet.spec.selector) === canonicalJson(old.spec.selector);
    return fleet === undefined || isSame ? [] : [[name, fleet]];
  });
  return new FleetIndex(changed);
}

/** Devices whose fleet may be another one now, or says something else now. */
function* devicesToJudge(draft: Draft): Steps<Map<string, Device | undefined>> {
  const { before, next, touched } = draft;
  // At a first revision these are all.
  if (before.devices.size === 0) return touched.Device;
  const devices = new Map(touched.Device);
  for (const fleet of touched.Fleet.keys())
    yield* forEachInSteps(namesUnder(before.members, fleet), (name) => {
      if (!devices.has(name)) devices.set(name, deviceIn(draft, name));
    });
  const fleets = reselecting(draft);
  if (fleets.isEmpty) return devices;
  // No index by label is kept: it would be larger than all others, and selectors change seldom.
  yield* forEachInSteps(next.devices, ([name, device]) => {
    if (fleets.selecting(device.metadata.labels ?? {}).length > 0) devices.set(name, device);
  });
  return devices;
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

/** The fleets of the devices that were looked at. */
export interface Membership {
  readonly byName: ReadonlyMap<string, string | undefined>;
  /** Of each row of the sheet. */
  readonly ofRows: readonly (string | undefined)[];
  /** Fleets that select a device which another selects too. */
  readonly contested: ReadonlySet<string>;
}

/** Updates `members` and `strays`, and reports devices that two fleets select. */
export function* updateMembership(draft: Draft): Steps<Membership> {
  const { before, next, sheet } = draft;
  const members = new NameIndexDraft(before.members);
  const strays = new MapDraft(before.strays);
  const byName = new Map<string, string | undefined>();
  const ofRows: (string | undefined)[] = [];
  const contested = new Set<string>();
  const fleets = new FleetIndex(next.fleets);
  const note = (device: string, chosen: readonly string[], isIdle: boolean): string | undefined => {
    if (isIdle === chosen.length > 0) strays.set(device, true);
    else if (before.strays.size > 0) strays.delete(device);
    if (chosen.length < 2) return chosen[0];
    reportConflict(draft, device, chosen);
    for (const fleet of chosen) contested.add(fleet);
    return chosen[0];
  };
  yield* forEachInSteps(yield* devicesToJudge(draft), ([device, manifest]) => {
    const chosen = manifest === undefined ? [] : fleets.selecting(manifest.metadata.labels ?? {});
    const old = before.desiredDevices.get(device)?.fleet;
    if (old !== undefined && !chosen.includes(old)) members.remove(old, device);
    if (manifest === undefined) {
      byName.set(device, undefined);
      strays.delete(device);
      return;
    }
    for (const fleet of chosen) members.add(fleet, device);
    byName.set(device, note(device, chosen, manifest.spec.idle === true));
  });
  yield* forEachInSteps(sheet.names.keys.entries(), ([row, name]) => {
    const chosen = fleets.selecting(sheet.labels[row]!);
    for (const fleet of chosen) members.addRow(fleet, name);
    ofRows.push(note(name, chosen, sheet.isIdle[row]!));
  });
  next.members = yield* members.settled();
  next.strays = yield* strays.settled();
  return { byName, ofRows, contested };
}
