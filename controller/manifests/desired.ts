/** The desired fleet: what the manifests of one revision come to, device by device. Plain data; the output of this room. */
import type {
  Application,
  DeployedApplication,
  DeployedConditions,
  DeployedLink,
  DeployedWholeModules,
  DeployedWindows,
  Device,
  DeviceHold,
  Fleet,
  Secret,
  Site,
} from '../../schemas/generated/types.ts';

/** What a device should run, before it becomes a deployment with a sequence and a time. */
export interface DeviceTemplate {
  /** Absent when no fleet selects the device: it runs nothing. */
  readonly fleet?: string;
  readonly probationSeconds: number;
  /** When the device may fetch and activate it; without them at any time. */
  readonly windows?: DeployedWindows;
  /** Under which conditions, beside its windows. */
  readonly when?: DeployedConditions;
  /** Whether somebody aboard must say yes before it is activated. */
  readonly consent?: 'required';
  /** What it keeps to on the links of its site. */
  readonly links?: DeployedLink[];
  /** What it does where an update could come whole only; without it that comes. */
  readonly wholeModules?: DeployedWholeModules;
  /** Sorted by name; placeholders filled in, configuration merged. */
  readonly applications: readonly DeployedApplication[];
  /** SHA-256 in hexadecimal over the canonical JSON of all of the above: equal hashes, equal work. */
  readonly hash: string;
}

export interface DesiredDevice {
  readonly name: string;
  readonly site?: string;
  readonly fleet?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly keyFingerprint?: string;
  /** Its manifest says that it is meant to run nothing. */
  readonly idle?: true;
  /** It keeps what it was issued, or runs what is `pinned`. */
  readonly hold?: DeviceHold;
  readonly darkAfterSeconds: number;
  readonly template: DeviceTemplate;
  /** The same with the releases that its hold names: what it runs while that stands. */
  readonly pinned?: DeviceTemplate;
}

/** A release that signed targets metadata names. */
export interface CataloguedRelease {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  readonly length: number;
}

/** The releases of a revision by `NAME/VERSION`. */
export type Catalogue = ReadonlyMap<string, CataloguedRelease>;

export interface DesiredFleet {
  readonly applications: ReadonlyMap<string, Application>;
  readonly fleets: ReadonlyMap<string, Fleet>;
  readonly sites: ReadonlyMap<string, Site>;
  readonly secrets: ReadonlyMap<string, Secret>;
  /** What git says of each device itself. */
  readonly manifests: ReadonlyMap<string, Device>;
  readonly catalogue: Catalogue;
  readonly devices: ReadonlyMap<string, DesiredDevice>;
  /** By device whose hold names releases, those, each as `NAME/VERSION`. */
  readonly pins: ReadonlyMap<string, readonly string[]>;
}
