/** Which modules a device lacks of what it is to run. Pure. */
import { deployedModules } from '../../schemas/deployed-modules.ts';
import type { Catalogue, CataloguedRelease, DesiredDevice } from '../manifests/desired.ts';
import type { DescribedDevice } from './observed.ts';

/** A module that a device lacks, and the digests of its modules of the same application: what a delta could start from. */
export interface Fetch {
  readonly release: CataloguedRelease;
  readonly bases: readonly string[];
}

/** What tells which modules a device has. */
export interface KnownModules {
  /** As git names it until now. */
  readonly before: DesiredDevice | undefined;
  /** Undefined when nobody could be asked: then it runs what git wants until now. */
  readonly observed: DescribedDevice | undefined;
  readonly releases: Catalogue;
}

/** Digests of the modules that a device has, by application. */
function held({ before, observed, releases }: KnownModules): ReadonlyMap<string, readonly string[]> {
  const byName = new Map<string, string[]>();
  const inBase = before?.template.applications ?? [];
  const add = (name: string, sha256: string | undefined): void => {
    const known = byName.get(name) ?? [];
    if (sha256 !== undefined && !known.includes(sha256)) byName.set(name, [...known, sha256]);
  };
  if (observed === undefined) {
    for (const { name, sha256 } of inBase.flatMap(deployedModules)) add(name, sha256);
  } else {
    for (const { name, version } of observed.report?.applications ?? []) {
      add(name, releases.get(`${name}/${version}`)?.sha256);
      // A report does not name what is linked: with the same release, it is what the base links.
      const same = inBase.find((one) => one.name === name && one.version === version);
      for (const module of Object.values(same?.links ?? {})) add(module.name, module.sha256);
    }
  }
  return byName;
}

/** What the device has to fetch for what it is to run after. */
export function lackedModules(after: DesiredDevice, known: KnownModules): Fetch[] {
  const has = held(known);
  const all = new Set([...has.values()].flat());
  const lacking = after.template.applications.flatMap(deployedModules).filter(({ sha256 }) => !all.has(sha256));
  // A module that several applications have is fetched once.
  return [...new Map(lacking.map((module) => [module.sha256, module])).values()].map(
    ({ name, version, sha256, length }) => ({
      release: { name, version, sha256, length },
      bases: has.get(name) ?? [],
    }),
  );
}
