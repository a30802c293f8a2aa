/** What of the artifact store somebody out there still needs, counted as devices change. */
import type { DeviceRecord } from '../engine/records.ts';
import type { FleetDefinition } from '../manifests/definition.ts';
import type { DesiredFleet } from '../manifests/desired.ts';
import { linkedReleases } from '../manifests/linked-releases.ts';
import { releasesLine } from '../planning/rollout/bases.ts';

/** Releases that devices were told to run and run, all of them the same ones; few of these describe a large fleet. */
interface Holding {
  /** Each `NAME/VERSION` and a space. */
  readonly told: string;
  readonly runs: string;
  devices: number;
}

function toldLine({ issued }: DeviceRecord): string {
  return issued === undefined ? '' : releasesLine(issued.applications);
}

export class NeededArtifacts {
  /** By what was told, and what runs. */
  readonly #holdings = new Map<string, Map<string, Holding>>();
  readonly #ofDevices = new Map<string, Holding>();
  /** Digests of envelopes that do not travel inside a shadow, by device. */
  readonly #blobs = new Map<string, string>();
  /** Whose envelope has that digest: it names one device. */
  readonly #holders = new Map<string, string>();

  /** What is known of a device has changed. */
  note(device: string, record: DeviceRecord): void {
    this.#noteReleases(device, toldLine(record), record.runs ?? '');
    this.#noteBlob(device, record.blob?.sha256);
  }

  #noteBlob(device: string, blob: string | undefined): void {
    const before = this.#blobs.get(device);
    if (before === blob) return;
    if (before !== undefined) this.#holders.delete(before);
    if (blob === undefined) this.#blobs.delete(device);
    else {
      this.#blobs.set(device, blob);
      this.#holders.set(blob, device);
    }
  }

  #noteReleases(device: string, told: string, runs: string): void {
    const before = this.#ofDevices.get(device);
    if (before?.told === told && before.runs === runs) return;
    const holding = this.#holdingOf(told, runs);
    holding.devices += 1;
    this.#ofDevices.set(device, holding);
    if (before === undefined) return;
    before.devices -= 1;
    if (before.devices === 0) this.#drop(before);
  }

  #holdingOf(told: string, runs: string): Holding {
    const byRuns = this.#holdings.get(told) ?? new Map<string, Holding>();
    this.#holdings.set(told, byRuns);
    const holding = byRuns.get(runs) ?? { told, runs, devices: 0 };
    byRuns.set(runs, holding);
    return holding;
  }

  #drop({ told, runs }: Holding): void {
    const byRuns = this.#holdings.get(told);
    byRuns?.delete(runs);
    if (byRuns?.size === 0) this.#holdings.delete(told);
  }

  get releases(): ReadonlySet<string> {
    const lines = [...this.#holdings.keys(), ...[...this.#holdings.values()].flatMap((byRuns) => [...byRuns.keys()])];
    return new Set(lines.flatMap((line) => line.split(' ').filter((release) => release !== '')));
  }

  /** The device whose envelope has that digest and does not travel inside its shadow. */
  holderOf(sha256: string): string | undefined {
    return this.#holders.get(sha256);
  }

  get blobs(): ReadonlySet<string> {
    return new Set(this.#blobs.values());
  }
}

/** Releases that the fleets of a revision ask for, those that devices are held at, and those that fleets with waves may go back to. */
export function wantedReleases(
  { fleets, applications, pins }: DesiredFleet,
  good: Iterable<FleetDefinition> = [],
): ReadonlySet<string> {
  const wanted = new Set<string>();
  for (const releases of pins.values()) for (const release of releases) wanted.add(release);
  for (const { applications: defined } of good) {
    for (const { name, version, links = {} } of defined) {
      for (const one of [{ name, version }, ...Object.values(links)]) wanted.add(`${one.name}/${one.version}`);
    }
  }
  for (const { spec } of fleets.values()) {
    for (const { name, release } of spec.applications) {
      const application = applications.get(name);
      const version = release ?? application?.spec.release;
      if (version !== undefined) wanted.add(`${name}/${version}`);
      const linked = application === undefined ? [] : linkedReleases(application.spec);
      for (const one of linked) wanted.add(`${one.name}/${one.version}`);
    }
  }
  return wanted;
}
