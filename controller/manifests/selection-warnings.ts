/**
 * What selectors most likely were not meant to come to. None of it refuses a revision: a fleet may be prepared before its
 * devices are, and a device may be put aside.
 */
import type { Labels, Selector } from '../../schemas/generated/types.ts';
import { type Draft, placeIn } from './draft.ts';
import type { ValuePath } from './finding.ts';
import { countUnder, namesUnder } from './name-index.ts';
import { firstName, hint, listNames } from './nearest-name.ts';
import { unless } from './references.ts';
import { labelTerm, labelTerms, selectorKeys, selectorTerms } from './selector.ts';
import { forEachInSteps, type Steps } from './steps.ts';

/** For each label the selector asks about, the values that devices have. */
function existingLabels(terms: ReadonlySet<string>, selector: Selector): string {
  const keys = selectorKeys(selector);
  if (keys.length === 0) return 'there are no devices';
  const known = [...terms];
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
function emptyPart(known: ReadonlySet<string>, { matchLabels = {}, matchExpressions = [] }: Selector): ValuePath {
  for (const [key, value] of Object.entries(matchLabels))
    if (!known.has(labelTerm(key, value))) return ['matchLabels', key];
  const isMet = (index: number): boolean => {
    const [terms] = selectorTerms({ matchExpressions: [matchExpressions[index]!] });
    return terms?.some((term) => known.has(term)) ?? true;
  };
  const unmet = matchExpressions.findIndex((_, index) => !isMet(index));
  return unmet === -1 ? [] : ['matchExpressions', unmet];
}

/** What there is of labels. */
function* labelsOf({ before, next, touched, sheet }: Draft): Steps<ReadonlySet<string>> {
  const terms = new Set<string>();
  const add = (labels: Readonly<Labels>): void => {
    for (const term of labelTerms(labels)) terms.add(term);
  };
  yield* forEachInSteps(sheet.labels, add);
  // With a sheet, what is touched are all others.
  const others = before.devices.size === 0 ? touched.Device.values() : next.devices.values();
  yield* forEachInSteps(others, (device) => add(device?.metadata.labels ?? {}));
  return terms;
}

/** Warns of fleets that run nothing on devices that are not said to be idle. */
function warnOfBareFleets(draft: Draft): void {
  const { next, findings } = draft;
  const { fleets, members, devices } = next;
  for (const [name, { spec }] of fleets) {
    if (spec.applications.length > 0) continue;
    const [first] = Iterator.from(namesUnder(members, name)).filter((one) => devices.get(one)?.spec.idle !== true);
    if (first === undefined) continue;
    const count = countUnder(members, name);
    const who = count === 1 ? `device ${first} runs` : `its ${count} devices run`;
    const message = `the fleet names no application, ${who} nothing; where that is meant, say spec.idle: true of them`;
    findings.warn(placeIn(draft, `Fleet/${name}`, ['spec', 'applications'], 'key'), 'FLEET_RUNS_NOTHING', message);
  }
}

/** Warns of fleets that select no device at all, unless a device that has problems may be theirs, and of those that run nothing. */
export function* warnOfEmptyFleets(draft: Draft): Steps<void> {
  const { next, findings, broken } = draft;
  warnOfBareFleets(draft);
  const empty = [...next.fleets].filter(([name]) => !next.members.has(name));
  const known = empty.length === 0 ? new Set<string>() : yield* labelsOf(draft);
  for (const [name, { spec }] of empty) {
    const wanted = selectorTerms(spec.selector);
    const mayMatch = (terms: ReadonlySet<string>) => wanted.every((list) => list.some((term) => terms.has(term)));
    if (broken.devices.some(mayMatch)) continue;
    const message = `the selector matches no device: ${existingLabels(known, spec.selector)}${unless(draft, 'Device')}`;
    const path = ['spec', 'selector', ...emptyPart(known, spec.selector)];
    findings.warn(placeIn(draft, `Fleet/${name}`, path, 'key'), 'SELECTOR_MATCHES_NOTHING', message);
  }
}

/** Whether a document that has problems may be a fleet, and so may select anybody. */
export function mayHideFleet({ broken }: Draft): boolean {
  return broken.untold.some(({ kind }) => kind === undefined || kind === 'Fleet') || hasFleetKey(broken.keys);
}

function hasFleetKey(keys: Iterable<string>): boolean {
  for (const key of keys) if (key.startsWith('Fleet/')) return true;
  return false;
}

/** Labels that put a device into some fleet. */
function selectedLabels({ next }: Draft): string {
  const terms = [...next.fleets.values()].flatMap(({ spec }) => selectorTerms(spec.selector).flat());
  return terms.length === 0 ? '' : ` (fleets select by ${listNames(new Set(terms))})`;
}

function warnOfSome(draft: Draft, devices: readonly string[], code: string, path: ValuePath, message: string): void {
  const first = firstName(devices);
  if (first === undefined) return;
  const who = devices.length === 1 ? `device ${first}` : `${devices.length} devices (${listNames(devices)})`;
  draft.findings.warn(placeIn(draft, `Device/${first}`, path, 'key'), code, message.replace('DEVICES', who));
}

/** Warns of devices that no fleet selects, as after a slip in a label, and of those that are said to be idle and are not. */
export function* warnOfStrays(draft: Draft): Steps<void> {
  if (mayHideFleet(draft)) return;
  const { next } = draft;
  const [lost, idle]: [string[], string[]] = [[], []];
  yield* forEachInSteps(next.strays.keys(), (name) => {
    if (next.devices.get(name)?.spec.idle !== true) lost.push(name);
    else if (next.desiredDevices.get(name)?.template.applications.length !== 0) idle.push(name);
  });
  const meant = 'mend its labels or a selector, or say spec.idle: true where that is meant';
  const unselected = `no fleet selects DEVICES, nothing runs there${selectedLabels(draft)}; ${meant}`;
  warnOfSome(draft, lost, 'DEVICE_WITHOUT_FLEET', ['metadata', 'labels'], unselected);
  const selected = 'a fleet selects DEVICES, which spec.idle says to run nothing; take spec.idle away';
  warnOfSome(draft, idle, 'IDLE_DEVICE_SELECTED', ['spec', 'idle'], selected);
}
