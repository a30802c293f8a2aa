/** Do the names in manifests lead somewhere: applications of fleets, sites of devices, releases in the catalogue? */
import type { Fleet } from '../../schemas/generated/types.ts';
import { checkFactSources } from './check-fact-sources.ts';
import type { Catalogue } from './desired.ts';
import { type Draft, type FileChange, placeIn } from './draft.ts';
import type { ValuePath } from './finding.ts';
import type { FindingPlace } from './finding-list.ts';
import { linkedReleases } from './linked-releases.ts';
import { namesUnder } from './name-index.ts';
import { hint, listNames } from './nearest-name.ts';
import type { ManifestKind } from './parsed-file.ts';
import { forEachInSteps, type Steps } from './steps.ts';

/** How the catalogue names a release. */
export function releaseKey(application: string, version: string): string {
  return `${application}/${version}`;
}

function versionsOf(catalogue: Catalogue, application: string): string[] {
  return [...catalogue.values()].filter(({ name }) => name === application).map(({ version }) => version);
}

/** Looked up where something is wrong: it may lie in what nobody has read yet. */
type Place = () => FindingPlace;

/** Reports a release that signed metadata does not name. */
export function checkRelease({ next, findings }: Draft, place: Place, application: string, version: string): void {
  if (next.catalogue.has(releaseKey(application, version))) return;
  const versions = versionsOf(next.catalogue, application);
  const message = `no signed release ${application} ${version}; ${hint(version, versions, `release of ${application} yet`)}`;
  findings.add(place(), 'MISSING_RELEASE', message);
}

/** Where else the missing thing may be, for as long as some file does not tell what it declares. */
export function unless({ broken }: Draft, wanted: ManifestKind): string {
  const files = broken.untold.filter(({ kind }) => kind === undefined || kind === wanted).map(({ file }) => file);
  return files.length === 0 ? '' : `; unless it is in ${listNames(new Set(files))}, which cannot be read`;
}

type NamedKind = 'Application' | 'Secret' | 'Site';

function checkName(draft: Draft, place: Place, kind: NamedKind, name: string): void {
  const { next, findings, broken } = draft;
  const known = { Application: next.applications, Secret: next.secrets, Site: next.sites }[kind];
  const what = kind.toLowerCase();
  if (known.has(name) || broken.keys.has(`${kind}/${name}`)) return;
  const remedy = kind === 'Secret' ? '; fleet secret seal makes one' : '';
  const message = `no ${what} "${name}"; ${hint(name, known.keys(), what)}${unless(draft, kind)}${remedy}`;
  findings.add(place(), `UNKNOWN_${kind.toUpperCase()}`, message);
}

/** Two applications of one device can't answer the same requests. */
function checkRoutes(draft: Draft, fleet: string, applications: Fleet['spec']['applications']): void {
  const answering = new Map<string, string>();
  for (const [index, { name }] of applications.entries()) {
    const route = draft.next.applications.get(name)?.spec.trigger?.http?.route;
    if (route === undefined) continue;
    const other = answering.get(route);
    if (other === undefined) {
      answering.set(route, name);
      continue;
    }
    const place = placeIn(draft, `Fleet/${fleet}`, ['spec', 'applications', index, 'name']);
    draft.findings.add(place, 'DUPLICATE_ROUTE', `${name} and ${other} both answer requests at ${route}`);
  }
}

/** Applications and fleets are few: all of them are checked every time, so that a change of the catalogue alone is seen too. */
function checkApplicationsAndFleets(draft: Draft): void {
  const { next } = draft;
  for (const [name, { spec }] of next.applications) {
    const at = (path: ValuePath) => () => placeIn(draft, `Application/${name}`, path);
    checkRelease(draft, at(['spec', 'release']), name, spec.release);
    for (const { link, ...release } of linkedReleases(spec))
      checkRelease(draft, at(['spec', 'links', link, 'release']), release.name, release.version);
    for (const [index, secret] of (spec.secrets ?? []).entries())
      checkName(draft, at(['spec', 'secrets', index]), 'Secret', secret);
  }
  for (const [fleet, { spec }] of next.fleets) {
    const at = (path: ValuePath) => () => placeIn(draft, `Fleet/${fleet}`, path);
    checkRoutes(draft, fleet, spec.applications);
    checkFactSources(draft, fleet);
    for (const [index, { name, release }] of spec.applications.entries()) {
      const path = ['spec', 'applications', index];
      if (release !== undefined) checkRelease(draft, at([...path, 'release']), name, release);
      checkName(draft, at([...path, 'name']), 'Application', name);
    }
  }
}

/** Devices that may name another site now, or one that is not there any more, and what they name. */
function* devicesToCheck(draft: Draft): Iterable<readonly [string, string | undefined]> {
  const { before, next, touched, sheet } = draft;
  for (const [name, device] of touched.Device) yield [name, device?.spec.site];
  for (const [row, name] of sheet.names.keys.entries()) yield [name, sheet.sites[row]];
  // With a sheet these are all.
  if (before.devices.size === 0) return;
  for (const site of touched.Site.keys())
    for (const name of namesUnder(next.devicesBySite, site))
      if (!touched.Device.has(name)) yield [name, next.devices.get(name)?.spec.site];
}

/** For each site that devices name, the first of them by name. */
function* firstOfSites(draft: Draft): Steps<ReadonlyMap<string, string>> {
  const first = new Map<string, string>();
  yield* forEachInSteps(devicesToCheck(draft), ([device, site]) => {
    if (site === undefined) return;
    const known = first.get(site);
    if (known === undefined || device < known) first.set(site, device);
  });
  return first;
}

function checkSite(draft: Draft, device: string, site: string): void {
  checkName(draft, () => placeIn(draft, `Device/${device}`, ['spec', 'site']), 'Site', site);
}

function* checkSites(draft: Draft): Steps<void> {
  // When sites may only seem to be missing, each is told for one of its devices: a file that cannot be read hides many.
  if (unless(draft, 'Site') !== '') {
    for (const [site, device] of yield* firstOfSites(draft)) checkSite(draft, device, site);
    return;
  }
  yield* forEachInSteps(devicesToCheck(draft), ([device, site]) => {
    if (site !== undefined && !draft.next.sites.has(site)) checkSite(draft, device, site);
  });
}

function checkBroken(draft: Draft, changes: readonly FileChange[]): void {
  for (const { path: file, file: parsed } of changes) {
    for (const { document, references = [] } of parsed?.broken ?? []) {
      if (document === undefined) continue;
      for (const reference of references) {
        const place: Place = () => ({ file, document, path: reference.path, part: 'value' });
        if (reference.kind === 'Release') checkRelease(draft, place, reference.name, reference.version);
        else checkName(draft, place, reference.kind, reference.name);
      }
    }
  }
}

/** Reports every name that leads nowhere, in `changes` also those of documents that have other problems. */
export function* checkReferences(draft: Draft, changes: readonly FileChange[]): Steps<void> {
  checkApplicationsAndFleets(draft);
  yield* checkSites(draft);
  checkBroken(draft, changes);
}
