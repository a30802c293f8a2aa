/** All manifests of the revision in force, with the indices that tell which devices a change touches. */
import type { Application, Device, Fleet, Policy, Secret, Site } from '../../schemas/generated/types.ts';
import type { Catalogue, DesiredDevice, DesiredFleet } from './desired.ts';
import type { NameIndex } from './name-index.ts';
import type { Manifest, ManifestKind } from './parsed-file.ts';
import { type NameSet, PersistentMap } from './persistent-map.ts';

/** Where a manifest stands. */
export interface Declaration {
  readonly file: string;
  readonly document: number;
}

/** `Kind/name`. */
export type ManifestKey = `${ManifestKind}/${string}`;

/** Immutable; without problems by construction, because a revision with problems never becomes a state. */
export interface ManifestState {
  /** What each manifest file declares, by path. */
  readonly files: PersistentMap<readonly ManifestKey[]>;
  /** By `ManifestKey`. */
  readonly declared: PersistentMap<Declaration>;
  readonly applications: PersistentMap<Application>;
  readonly fleets: PersistentMap<Fleet>;
  readonly sites: PersistentMap<Site>;
  readonly policies: PersistentMap<Policy>;
  readonly secrets: PersistentMap<Secret>;
  readonly devices: PersistentMap<Device>;
  readonly devicesBySite: NameIndex;
  readonly devicesByFingerprint: NameIndex;
  /** Devices by the fleet that selects them. */
  readonly members: NameIndex;
  /** Devices that no fleet selects and that are not said to be idle, and those that are said to be and are selected. */
  readonly strays: NameSet;
  /** Devices that lack a copy of secrets that their applications read, with the names of those. */
  readonly unsealed: PersistentMap<readonly string[]>;
  /** By device whose hold names releases, those, as `releaseKey` has them. */
  readonly pins: PersistentMap<readonly string[]>;
  /** By fleet whose rollout asks something of its devices: for each of that, one that has it, or an empty name. */
  readonly witnesses: PersistentMap<readonly string[]>;
  readonly catalogue: Catalogue;
  readonly desiredDevices: PersistentMap<DesiredDevice>;
}

/** The state before the first revision. */
export const emptyManifestState: ManifestState = {
  files: PersistentMap.empty(),
  declared: PersistentMap.empty(),
  applications: PersistentMap.empty(),
  fleets: PersistentMap.empty(),
  sites: PersistentMap.empty(),
  policies: PersistentMap.empty(),
  secrets: PersistentMap.empty(),
  devices: PersistentMap.empty(),
  devicesBySite: PersistentMap.empty(),
  devicesByFingerprint: PersistentMap.empty(),
  members: PersistentMap.empty(),
  strays: PersistentMap.empty(),
  unsealed: PersistentMap.empty(),
  pins: PersistentMap.empty(),
  witnesses: PersistentMap.empty(),
  catalogue: new Map(),
  desiredDevices: PersistentMap.empty(),
};

/** What the state comes to, for planning. */
export function desiredOf(state: ManifestState): DesiredFleet {
  return {
    applications: state.applications,
    fleets: state.fleets,
    sites: state.sites,
    secrets: state.secrets,
    manifests: state.devices,
    catalogue: state.catalogue,
    devices: state.desiredDevices,
    pins: state.pins,
  };
}

const mapOfKind = {
  Application: 'applications',
  Device: 'devices',
  Fleet: 'fleets',
  Policy: 'policies',
  Secret: 'secrets',
  Site: 'sites',
} as const;

/** A manifest of the state. */
export function manifestUnder(state: ManifestState, key: ManifestKey): Manifest | undefined {
  const slash = key.indexOf('/');
  const kind = key.slice(0, slash) as ManifestKind;
  const byName = state[mapOfKind[kind]];
  return byName.size === 0 ? undefined : byName.get(key.slice(slash + 1));
}

/** A manifest's key. */
export function keyOf({ kind, metadata }: Manifest): ManifestKey {
  return `${kind}/${metadata.name}`;
}
