/** Do the names in manifests lead somewhere: applications of fleets, sites of devices, releases in the catalogue? */
import type { Catalogue } from './desired.ts';
import { type Draft, placeIn } from './draft.ts';
import type { FindingPlace } from './finding-list.ts';
import { hint } from './nearest-name.ts';

/** How the catalogue names a release. */
export function releaseKey(application: string, version: string): string {
  return `${application}/${version}`;
}

function versionsOf(catalogue: Catalogue, application: string): string[] {
  return [...catalogue.values()].filter(({ name }) => name === application).map(({ version }) => version);
}

function checkRelease({ next, findings }: Draft, place: FindingPlace, application: string, version: string): void {
  if (next.catalogue.has(releaseKey(application, version))) return;
  const versions = versionsOf(next.catalogue, application);
  const message = `no signed release ${application} ${version}; ${hint(version, versions, `release of ${application} yet`)}`;
  findings.add(place, 'MISSING_RELEASE', message);
}

/** Applications and fleets are few: all of them are checked every time, so that a change of the catalogue alone is seen too. */
function checkApplicationsAndFleets(draft: Draft): void {
  const { next, findings, broken, isUncertain } = draft;
  for (const [name, { spec }] of next.applications) {
    checkRelease(draft, placeIn(draft, `Application/${name}`, ['spec', 'release']), name, spec.release);
  }
  for (const [fleet, { spec }] of next.fleets) {
    for (const [index, { name, release }] of spec.applications.entries()) {
      const path = ['spec', 'applications', index];
      if (release !== undefined)
        checkRelease(draft, placeIn(draft, `Fleet/${fleet}`, [...path, 'release']), name, release);
      if (next.applications.has(name) || isUncertain || broken.has(`Application/${name}`)) continue;
      const message = `no application "${name}"; ${hint(name, next.applications.keys(), 'application')}`;
      findings.add(placeIn(draft, `Fleet/${fleet}`, [...path, 'name']), 'UNKNOWN_APPLICATION', message);
    }
  }
}

function checkSites(draft: Draft): void {
  const { next, findings, broken, isUncertain, touched } = draft;
  const devices = new Set(touched.Device);
  for (const site of touched.Site) for (const device of next.devicesBySite.get(site)?.keys() ?? []) devices.add(device);
  for (const device of devices) {
    const site = next.devices.get(device)?.spec.site;
    if (site === undefined || next.sites.has(site) || isUncertain || broken.has(`Site/${site}`)) continue;
    const message = `no site "${site}"; ${hint(site, next.sites.keys(), 'site')}`;
    findings.add(placeIn(draft, `Device/${device}`, ['spec', 'site']), 'UNKNOWN_SITE', message);
  }
}

/** Reports every name that leads nowhere. */
export function checkReferences(draft: Draft): void {
  checkApplicationsAndFleets(draft);
  checkSites(draft);
}
