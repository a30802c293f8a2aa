/** Which fleet selects which device, kept up for the devices and fleets that a draft touches. */
import type { Selector } from '../../schemas/generated/types.ts';
import { type Draft, placeIn } from './draft.ts';
import type { ValuePath } from './finding.ts';
import { FleetIndex } from './fleet-index.ts';
import { hint, listNames } from './nearest-name.ts';
import { indexed, PersistentMap, unindexed } from './persistent-map.ts';
import { unless } from './references.ts';
import { labelTerm, selectorKeys, selectorTerms } from './selector.ts';
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

/** Updates `members` and reports devices that two fleets select; returns the fleet of each device it looked at. */
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
    if (chosen.length > 1) reportConflict(draft, device, chosen);
  }
  return judged;
}

/** For each label the selector asks about, the values that devices have. */
function existingLabels({ next }: Draft, selector: Selector): string {
  const keys = selectorKeys(selector);
  if (keys.length === 0) return 'there are no devices';
  const known = [...next.devicesByLabel.keys()];
  const told = keys.map((key) => {
    const values = known.filter((term) => term.startsWith(`${key}=`)).map((term) => term.slice(key.length + 1));
    if (values.length > 0) return `${key} is one of: ${listNames(values)}`;
    return `no device has the label ${key}; ${hint(
      key,
      known.filter((term) => !term.includes('=')),
      'label at all',
    )}`;
  });
  return told.join('; ');
}

/** The first requirement that no device meets, as a place to point at; the whole selector when each has its devices. */
function emptyPart({ next }: Draft, { matchLabels = {}, matchExpressions = [] }: Selector): ValuePath {
  for (const [key, value] of Object.entries(matchLabels))
    if (!next.devicesByLabel.has(labelTerm(key, value))) return ['matchLabels', key];
  const isMet = (index: number): boolean => {
    const [terms] = selectorTerms({ matchExpressions: [matchExpressions[index]!] });
    return terms?.some((term) => next.devicesByLabel.has(term)) ?? true;
  };
  const unmet = matchExpressions.findIndex((_, index) => !isMet(index));
  return unmet === -1 ? [] : ['matchExpressions', unmet];
}

/** Reports fleets that select no device at all, unless a device that has problems may be theirs. */
export function reportEmptyFleets(draft: Draft): void {
  const { next, findings, broken } = draft;
  for (const [name, { spec }] of next.fleets) {
    if (next.members.has(name)) continue;
    const wanted = selectorTerms(spec.selector);
    const mayMatch = (terms: ReadonlySet<string>) => wanted.every((list) => list.some((term) => terms.has(term)));
    if (broken.devices.some(mayMatch)) continue;
    const message = `the selector matches no device: ${existingLabels(draft, spec.selector)}${unless(draft, 'Device')}`;
    const path = ['spec', 'selector', ...emptyPart(draft, spec.selector)];
    findings.add(placeIn(draft, `Fleet/${name}`, path, 'key'), 'SELECTOR_MATCHES_NOTHING', message);
  }
}

/** The set of nobody, for fleets without members. */
export const nobody = PersistentMap.empty<true>();
