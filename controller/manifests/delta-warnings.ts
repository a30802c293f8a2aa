/** Sites over whose links no update could come: none carries deltas, and a fleet there lets no update come whole by itself. */
import type { Site, SiteLink } from '../../schemas/generated/types.ts';
import type { DesiredDevice } from './desired.ts';
import { type Draft, placeIn } from './draft.ts';
import { namesUnder } from './name-index.ts';
import { forEachInSteps, type Steps } from './steps.ts';

/** What devices keep to of a link: nothing where they can not tell that they are on it. */
function bringsNoDelta({ match, carries }: SiteLink): boolean {
  return match !== undefined && carries !== undefined && !carries.includes('delta');
}

function isWithoutDeltas({ spec: { links = [] } }: Site): boolean {
  return links.length > 0 && links.every(bringsNoDelta);
}

function isStrict({ fleet, template }: DesiredDevice): boolean {
  return fleet !== undefined && template.wholeModules !== undefined;
}

function bringsWhole({ spec: { links = [] } }: Site): boolean {
  return links.some(({ carries }) => carries?.includes('whole'));
}

function whatComes(site: Site, { name, fleet, template: { wholeModules } }: DesiredDevice): string {
  const has = `fleet ${fleet} has rollout.bytes.wholeModules: ${wholeModules}`;
  if (wholeModules === 'never' || !bringsWhole(site))
    return `${has}, so that device ${name} can get no update over them`;
  return `${has}, so that device ${name} gets each update over them whole, once somebody lets it`;
}

/** What would do: to let modules come whole helps only where a link brings those. */
function whatWouldDo(site: Site): string {
  return `add delta to what one of them carries${bringsWhole(site) ? ', or commit wholeModules: allow' : ''}`;
}

/** The first device at a site whose fleet takes updates by delta. */
function* stuckAt({ next }: Draft, site: string): Steps<DesiredDevice | undefined> {
  let stuck: DesiredDevice | undefined;
  const names = Iterator.from(namesUnder(next.devicesBySite, site)).filter(() => stuck === undefined);
  yield* forEachInSteps(names, (name) => {
    const device = next.desiredDevices.get(name);
    if (device !== undefined && isStrict(device)) stuck = device;
  });
  return stuck;
}

/** Warns of them, beside what the first of their links carries; one device is named of those that it is so for. */
export function* warnOfLackingDeltas(draft: Draft): Steps<void> {
  const { next, findings } = draft;
  // Mostly no fleet is so, and then no site is looked at.
  const terms = [...next.fleets.values()].map(({ spec }) => spec.rollout?.bytes?.wholeModules ?? 'allow');
  if (terms.every((one) => one === 'allow')) return;
  const silent: Site[] = [];
  yield* forEachInSteps(next.sites.values(), (site) => {
    if (isWithoutDeltas(site)) silent.push(site);
  });
  for (const site of silent) {
    const { name } = site.metadata;
    const stuck = yield* stuckAt(draft, name);
    if (stuck === undefined) continue;
    const message = `no link of the site carries deltas, and ${whatComes(site, stuck)}; ${whatWouldDo(site)}`;
    findings.warn(placeIn(draft, `Site/${name}`, ['spec', 'links', 0, 'carries']), 'NO_UPDATE_COMES', message);
  }
}
