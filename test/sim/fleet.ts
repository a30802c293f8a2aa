/** The simulated fleet repository: what its engineers want, written as manifests and signed releases on a workstation. */
import { createHash } from 'node:crypto';
import { addRelease } from '../../controller/publishing/authoring/add-release.ts';
import { makeTrust } from '../../controller/publishing/authoring/make-trust.ts';
import { readWorkFile, type WorkTree, writeWorkFile } from '../../controller/publishing/authoring/work-tree.ts';
import type { SimRandom } from '../../platform/simulated/random.ts';
import { SimDisk } from './sim-disk.ts';
import { simModule } from './sim-module.ts';
import type { SimRepository } from './sim-repository.ts';

/** One application as a device should run it. */
export interface WantedApplication {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  readonly config: Readonly<Record<string, number | string>>;
  readonly fails: boolean;
}

/** What one commit wants of each device. */
export interface CommitModel {
  readonly id: string;
  readonly subject: string;
  readonly isValid: boolean;
  readonly devices: ReadonlyMap<string, readonly WantedApplication[]>;
  /** By device, the fingerprint of the key that it names. */
  readonly keys: ReadonlyMap<string, string>;
}

/** A device as its manifest has it. */
export interface DeviceManifest {
  readonly name: string;
  readonly site: string;
  readonly keyFingerprint: string;
  kind: FleetKind;
  setting: number;
}

/** No fleet selects the devices on the shelf. */
export type FleetKind = 'ship' | 'truck' | 'shelf';

/** Which applications each fleet runs. */
const fleetApplications: Readonly<Record<FleetKind, readonly string[]>> = {
  ship: ['gauge', 'horn'],
  truck: ['gauge', 'meter'],
  shelf: [],
};

/** How long a deployment is on probation, and a device silent before it counts as dark. */
export const probationSeconds = 30;
export const darkAfterSeconds = 3600;

interface ApplicationManifest {
  release: string;
  setting: number;
  /** Characters of its configuration that make its deployments too large for a shadow. */
  padding: number;
  /** All that were signed, and which of them fail. */
  readonly versions: Map<string, { readonly sha256: string; readonly fails: boolean }>;
}

function manifest(kind: string, name: string, spec: object, labels: object = {}): Uint8Array {
  const metadata = { name, labels };
  return new TextEncoder().encode(JSON.stringify({ apiVersion: 'fleet/v1alpha1', kind, metadata, spec }, undefined, 1));
}

export class SimFleet {
  readonly repository: SimRepository;
  readonly #random: SimRandom;
  readonly #now: () => number;
  readonly #tree: WorkTree = { disk: new SimDisk(), directory: '/fleet' };
  readonly #applications = new Map<string, ApplicationManifest>();
  readonly #sites = new Map<string, { setting: number }>();
  #links: { readonly links?: readonly object[] } = {};
  readonly devices = new Map<string, DeviceManifest>();
  readonly #models = new Map<string, CommitModel>();
  /** Digests that release keys have signed, with the release they stand for. */
  readonly signed = new Map<string, string>();

  constructor(repository: SimRepository, random: SimRandom, now: () => number) {
    this.repository = repository;
    this.#random = random;
    this.#now = now;
    this.#tree.disk.makeDirectory('/fleet');
    makeTrust(this.#tree, { random, now: now() });
    for (const [kind, applications] of Object.entries(fleetApplications)) {
      if (kind !== 'shelf') this.#writeFleet(kind as FleetKind);
      for (const name of applications) if (!this.#applications.has(name)) this.#addApplication(name);
    }
  }

  /** What a device is born with. */
  get bornRoot(): Uint8Array {
    return readWorkFile(this.#tree, 'trust/1.root.json')!;
  }

  /** The controller's keys. */
  keyFile(name: string): Uint8Array {
    return readWorkFile(this.#tree, `.fleet/keys/online/${name}.pem`)!;
  }

  get applications(): readonly string[] {
    return [...this.#applications.keys()];
  }

  get commits(): readonly CommitModel[] {
    return [...this.#models.values()];
  }

  model(commit: string): CommitModel | undefined {
    return this.#models.get(commit);
  }

  #addApplication(name: string): void {
    this.#applications.set(name, { release: '1.0.0', setting: 1, padding: 0, versions: new Map() });
    this.release(name, '1.0.0', false);
  }

  /** Signs a new release; the application's manifest names it from now on. */
  release(name: string, version: string, fails: boolean, bytesMax = 30_000, bytesMin = 200): void {
    const application = this.#applications.get(name)!;
    const text = `${name} ${version} ${fails ? 'crashes' : 'runs'}`;
    const bytes = simModule(text, this.#random.integer(bytesMin, bytesMax), this.#random);
    addRelease(this.#tree, { name, version, bytes, file: `${name}.wasm`, random: this.#random, now: this.#now() });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    application.versions.set(version, { sha256, fails });
    this.signed.set(sha256, `${name} ${version}`);
    this.select(name, version);
  }

  /** Names a signed release in the application's manifest. */
  select(name: string, version: string): void {
    this.#applications.get(name)!.release = version;
    this.#writeApplication(name);
  }

  /** The newest release that does not fail. */
  newestGood(name: string): string {
    const versions = [...this.#applications.get(name)!.versions].filter(([, { fails }]) => !fails);
    return versions.at(-1)![0];
  }

  /** Whether a signed release fails a few seconds after every start. */
  fails(name: string, version: string): boolean {
    return this.#applications.get(name)?.versions.get(version)?.fails === true;
  }

  versionsOf(name: string): readonly string[] {
    return [...this.#applications.get(name)!.versions.keys()];
  }

  configureApplication(name: string, setting: number, padding = 0): void {
    Object.assign(this.#applications.get(name)!, { setting, padding });
    this.#writeApplication(name);
  }

  /** From now on the links of all sites that are written have this budget, of each device and day. */
  limitLinks(bytes: number): void {
    const budget = { bytes: `${bytes / 1_000}kB`, per: 'day' };
    this.#links = { links: [{ name: 'sat', rate: '1Mbit/s', match: { interface: 'sim*' }, budget }] };
  }

  configureSite(name: string, setting: number): void {
    this.#sites.set(name, { setting });
    writeWorkFile(
      this.#tree,
      `sites/${name}.yaml`,
      manifest('Site', name, { config: { site: setting }, ...this.#links }),
    );
  }

  putDevice(device: DeviceManifest): void {
    const { name, kind, site, keyFingerprint, setting } = device;
    if (!this.#sites.has(site)) this.configureSite(site, 1);
    this.devices.set(name, device);
    const spec = { site, keyFingerprint, config: { device: setting } };
    writeWorkFile(this.#tree, `devices/${name}.yaml`, manifest('Device', name, spec, { kind }));
  }

  removeDevice(name: string): void {
    this.devices.delete(name);
    this.#tree.disk.remove(`/fleet/devices/${name}.yaml`);
  }

  #writeApplication(name: string): void {
    const { release, setting, padding } = this.#applications.get(name)!;
    // The name, so that a deployment for another device shows.
    const config = { application: setting, device: 0, name: `\${device.name}`, padding: 'x'.repeat(padding) };
    const spec = { release, config };
    writeWorkFile(this.#tree, `applications/${name}.yaml`, manifest('Application', name, spec));
  }

  #writeFleet(kind: FleetKind): void {
    const applications = fleetApplications[kind].map((name) => ({ name }));
    const spec = { selector: { matchLabels: { kind } }, applications, probationSeconds, darkAfterSeconds };
    writeWorkFile(this.#tree, `fleets/${kind}.yaml`, manifest('Fleet', kind, spec));
  }

  /** Commits the work tree as it is, with `change` laid over it: files to replace, `undefined` to leave out. */
  commit(
    subject: string,
    isValid = true,
    change: ReadonlyMap<string, Uint8Array | undefined> = new Map(),
  ): CommitModel {
    const files = this.#files();
    for (const [path, bytes] of change) {
      if (bytes === undefined) files.delete(path);
      else files.set(path, bytes);
    }
    const keys = new Map([...this.devices.values()].map(({ name, keyFingerprint }) => [name, keyFingerprint]));
    return this.#record(files, { subject, isValid, devices: this.#wanted(), keys });
  }

  /** Puts the branch back to an earlier commit's files, as a force-push would. */
  recommit(earlier: CommitModel): CommitModel {
    const files = this.repository.checkout(earlier.id);
    return this.#record(files, { ...earlier, subject: `back to ${earlier.subject}` });
  }

  #record(files: ReadonlyMap<string, Uint8Array>, wanted: Omit<CommitModel, 'id'>): CommitModel {
    const id = this.repository.commit(files, wanted.subject, this.#now());
    const model = { ...wanted, id };
    this.#models.set(id, model);
    return model;
  }

  file(path: string): Uint8Array | undefined {
    return readWorkFile(this.#tree, path);
  }

  #files(): Map<string, Uint8Array> {
    const disk = this.#tree.disk as SimDisk;
    const paths = disk.allFiles().filter((path) => !path.startsWith('/fleet/.fleet/'));
    return new Map(paths.map((path) => [path.slice('/fleet/'.length), disk.readFile(path)]));
  }

  #wanted(): CommitModel['devices'] {
    return new Map([...this.devices.values()].map((device) => [device.name, this.#wantedOf(device)]));
  }

  #wantedOf({ name: device, kind, site, setting }: DeviceManifest): readonly WantedApplication[] {
    return fleetApplications[kind].map((name) => {
      const application = this.#applications.get(name)!;
      const version = application.release;
      const { sha256, fails } = application.versions.get(version)!;
      const layers = { application: application.setting, device: setting, site: this.#sites.get(site)!.setting };
      const config = { ...layers, name: device, padding: 'x'.repeat(application.padding) };
      return { name, version, sha256, config, fails };
    });
  }
}
