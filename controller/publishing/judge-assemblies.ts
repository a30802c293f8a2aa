import { type ModuleUse, moduleUse } from '../../artifact/linking/module-use.ts';
import { memoryPagesMax } from '../../schemas/memory-limit.ts';
import type { CataloguedRelease } from '../manifests/desired.ts';
import type { Finding, ValuePath } from '../manifests/finding.ts';
import { linkedReleases } from '../manifests/linked-releases.ts';
import type { ManifestKey, ManifestState } from '../manifests/manifest-state.ts';
import { runningTerms } from '../manifests/running-terms.ts';

/** The modules that a revision makes one application of, and where it says so. */
export interface Assembly {
  readonly own: CataloguedRelease;
  readonly links: ReadonlyMap<string, CataloguedRelease>;
  readonly use: ModuleUse;
  /** What the memory of each may grow to, in pages of 64 KiB. */
  readonly memoryPagesMax: number;
  /** Where it names its own release, and each link. */
  readonly places: { readonly own: FindingPlace; readonly links: ReadonlyMap<string, FindingPlace> };
}

type FindingPlace = Pick<Finding, 'file' | 'document' | 'path' | 'part'>;

/** Reads a release's bytes; undefined where it is missing, which is told of the release. */
export type ReadModule = (release: CataloguedRelease) => Promise<Uint8Array | undefined>;

/** Every way in which a revision puts releases together, by the digests of the modules, their links, their use and the memory limit. */
export function assembliesOf(state: ManifestState): ReadonlyMap<string, Assembly> {
  const assemblies = new Map<string, Assembly>();
  const add = (application: string, version: string, key: ManifestKey, path: ValuePath): void => {
    const assembly = assemblyOf(state, application, version, placeOf(state, key, path));
    if (assembly !== undefined) assemblies.set(keyOf(assembly), assembly);
  };
  // What an application's own manifest or its fleet says too is told there.
  for (const [device, { name, version }] of pinnedModules(state))
    add(name, version, `Device/${device}`, ['spec', 'hold', 'releases', name]);
  for (const [fleet, { spec }] of state.fleets) {
    for (const [index, { name, release }] of spec.applications.entries()) {
      if (release !== undefined) add(name, release, `Fleet/${fleet}`, ['spec', 'applications', index, 'release']);
    }
  }
  for (const [name, { spec }] of state.applications)
    add(name, spec.release, `Application/${name}`, ['spec', 'release']);
  return assemblies;
}

/** Each release that devices are held at, once, with one of those. */
function pinnedModules({ pins, catalogue }: ManifestState): Iterable<readonly [device: string, CataloguedRelease]> {
  const byKey = new Map<string, string>();
  for (const [device, keys] of pins) for (const key of keys) byKey.set(key, device);
  return Array.from(byKey, ([key, device]) => [device, catalogue.get(key)!]);
}

/**
 * What is wrong with those assemblies of a revision that another one does not have: modules that do not go together, do not
 * run alone or as the manifest uses them, or start with more memory than it gives.
 */
export async function judgeAssemblies(
  next: ManifestState,
  before: ManifestState,
  read: ReadModule,
): Promise<Finding[]> {
  const known = assembliesOf(before);
  const fresh = [...assembliesOf(next)].filter(([key]) => !known.has(key));
  const findings: Finding[] = [];
  for (const [, assembly] of fresh) findings.push(...(await judge(assembly, read)));
  return findings;
}

async function judge({ own, links, memoryPagesMax, use, places }: Assembly, read: ReadModule): Promise<Finding[]> {
  const bytes = await read(own);
  const linked = new Map<string, Uint8Array>();
  for (const [link, release] of links) {
    const module = await read(release);
    if (module !== undefined) linked.set(link, module);
  }
  if (bytes === undefined || linked.size < links.size) return [];
  // Most revisions put nothing together that was not there before.
  const { judgeApplication } = await import('../../artifact/linking/judge-application.ts');
  return judgeApplication({ own: bytes, links: linked, memoryPagesMax, use }).map(({ link, message }) => {
    const release = link === undefined ? own : links.get(link)!;
    const place = link === undefined ? places.own : places.links.get(link)!;
    const text = `${release.name} ${release.version} cannot run ${link === undefined ? 'so' : `as ${link}`}: ${message}`;
    return { ...place, code: 'APPLICATION_CANNOT_RUN', message: text };
  });
}

function assemblyOf(state: ManifestState, name: string, version: string, place: FindingPlace): Assembly | undefined {
  const application = state.applications.get(name);
  const own = state.catalogue.get(`${name}/${version}`);
  if (application === undefined || own === undefined) return undefined;
  const linked = linkedReleases(application.spec);
  const links = linked.flatMap((one) => {
    const release = state.catalogue.get(`${one.name}/${one.version}`);
    return release === undefined ? [] : [[one.link, release] as const];
  });
  const placed = linked.map(({ link }) => {
    return [link, placeOf(state, `Application/${name}`, ['spec', 'links', link, 'release'])] as const;
  });
  return {
    own,
    links: new Map(links),
    use: moduleUse(application.spec),
    memoryPagesMax: memoryPagesMax(runningTerms(application.spec)),
    places: { own: place, links: new Map(placed) },
  };
}

function placeOf(state: ManifestState, key: ManifestKey, path: ValuePath): FindingPlace {
  const { file, document } = state.declared.get(key)!;
  return { file, document, path, part: 'value' };
}

function keyOf({ own, links, memoryPagesMax, use }: Assembly): string {
  return JSON.stringify([own.sha256, [...links].map(([link, { sha256 }]) => [link, sha256]), memoryPagesMax, use]);
}
