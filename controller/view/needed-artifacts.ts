/** What of the artifact store somebody out there still needs, counted as devices change. */
import type { DeviceRecord } from '../engine/records.ts';
import type { DesiredFleet } from '../manifests/desired.ts';
import { linkedReleases } from '../manifests/linked-releases.ts';

/** Releases that devices run or were told to run, all of them the same ones; few of these describe a large fleet. */
interface Holding {
  /** The releases, each `NAME/VERSION` and a space. */
  readonly line: string;
  devices: number;
}

function lineOf({ issued, runs = '' }: DeviceRecord): string {
  let line = runs;
  for (const { name, version, links = [] } of issued?.applications ?? []) {
    line += `${name}/${version} `;
    for (const linked of links) line += `${linked} `;
  }
  return line;
}

export class NeededArtifacts {
  /** By their lines. */
  readonly #holdings = new Map<string, Holding>();
  readonly #ofDevices = new Map<string, Holding>();
  /** Digests of envelopes that do not travel inside a shadow, by device. */
  readonly #blobs = new Map<string, string>();

  /** What is known of a device has changed. */
  note(device: string, record: DeviceRecord): void {
    this.#noteReleases(device, lineOf(record));
    if (record.blob === undefined) this.#blobs.delete(device);
    else this.#blobs.set(device, record.blob.sha256);
  }

  #noteReleases(device: string, line: string): void {
    const before = this.#ofDevices.get(device);
    if (before?.line === line) return;
    const holding = this.#holdings.get(line) ?? { line, devices: 0 };
    holding.devices += 1;
    this.#holdings.set(line, holding);
    this.#ofDevices.set(device, holding);
    if (before === undefined) return;
    before.devices -= 1;
    if (before.devices === 0) this.#holdings.delete(before.line);
  }

  get releases(): ReadonlySet<string> {
    const lines = [...this.#holdings.keys()];
    return new Set(lines.flatMap((line) => line.split(' ').filter((release) => release !== '')));
  }

  get blobs(): ReadonlySet<string> {
    return new Set(this.#blobs.values());
  }
}

/** Releases that the fleets of a revision ask for. */
export function wantedReleases({ fleets, applications }: DesiredFleet): ReadonlySet<string> {
  const wanted = new Set<string>();
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
