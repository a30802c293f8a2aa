/** What all devices of a fleet have in common, as plain data: kept, it can be rendered for any device later. */
import type { Application, Config, DeployedApplication, Fleet } from '../../schemas/generated/types.ts';
import { sha256Hex } from '../../schemas/sha256.ts';
import { canonicalJson } from './canonical-json.ts';
import { mergeConfig } from './config-layers.ts';
import type { Catalogue, DesiredFleet } from './desired.ts';
import { linkedModules } from './linked-releases.ts';

/** Schema default. */
export const probationSecondsDefault = 30;

/** What an application's manifest says besides its releases and its configuration. */
export type ApplicationTerms = Omit<Application['spec'], 'release' | 'links' | 'config'>;

/** An application as one fleet runs it, before site and device have their say. */
export interface DefinedApplication
  extends Pick<DeployedApplication, 'name' | 'version' | 'sha256' | 'length' | 'links'> {
  readonly terms: ApplicationTerms;
  /** Of the application and of the fleet, merged. */
  readonly config: Config;
}

export interface FleetDefinition {
  readonly fleet: string;
  readonly probationSeconds: number;
  /** Sorted by name. */
  readonly applications: readonly DefinedApplication[];
  /** SHA-256 in hexadecimal over the canonical JSON of all of the above. */
  readonly hash: string;
}

/** Where a fleet's definition comes from. */
export interface DefinitionSource {
  readonly applications: { get(name: string): Application | undefined };
  readonly catalogue: Catalogue;
}

type Wanted = Fleet['spec']['applications'][number];

function define(
  { applications, catalogue }: DefinitionSource,
  { spec }: Fleet,
  wanted: Wanted,
): DefinedApplication | undefined {
  const application = applications.get(wanted.name);
  if (application === undefined) return undefined;
  const { release, links: _links, config, ...terms } = application.spec;
  const own = catalogue.get(`${wanted.name}/${wanted.release ?? release}`);
  const links = linkedModules(application.spec, catalogue);
  if (own === undefined || links === undefined) return undefined;
  const { version, sha256, length } = own;
  const merged = mergeConfig(mergeConfig(config, spec.config), wanted.config);
  return { name: wanted.name, version, sha256, length, ...links, terms, config: merged };
}

/** The applications of a fleet with their releases; what leads nowhere is left out. */
export function definedApplications(source: DefinitionSource, fleet: Fleet): readonly DefinedApplication[] {
  const defined = fleet.spec.applications.flatMap((wanted) => define(source, fleet, wanted) ?? []);
  return defined.sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** A definition with its hash. */
function hashed(definition: Omit<FleetDefinition, 'hash'>): FleetDefinition {
  return { ...definition, hash: sha256Hex(canonicalJson(definition)) };
}

/** Applications with other releases, by their names, of those that the catalogue has. */
export function withReleases(
  applications: readonly DefinedApplication[],
  releases: Readonly<Record<string, string>>,
  catalogue: Catalogue,
): readonly DefinedApplication[] {
  return applications.map((defined) => {
    const wanted = Object.hasOwn(releases, defined.name) ? releases[defined.name] : undefined;
    const release = wanted === undefined ? undefined : catalogue.get(`${defined.name}/${wanted}`);
    if (release === undefined) return defined;
    const { version, sha256, length } = release;
    return { ...defined, version, sha256, length };
  });
}

/** The definition with the releases that a hold names; one that comes to the same has the same hash. */
export function pinnedDefinition(
  { hash: _, ...definition }: FleetDefinition,
  releases: Readonly<Record<string, string>>,
  catalogue: Catalogue,
): FleetDefinition {
  return hashed({ ...definition, applications: withReleases(definition.applications, releases, catalogue) });
}

/** The definition of a fleet that git names; undefined of one that it does not. */
export function definitionOf(desired: DesiredFleet, name: string): FleetDefinition | undefined {
  const fleet = desired.fleets.get(name);
  if (fleet === undefined) return undefined;
  return hashed({
    fleet: name,
    probationSeconds: fleet.spec.probationSeconds ?? probationSecondsDefault,
    applications: definedApplications(desired, fleet),
  });
}
