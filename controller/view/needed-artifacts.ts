/** What of the artifact store somebody out there still needs, counted as devices change. */
import { blobOf, travelsAsBlob } from '../engine/issue.ts';
import type { DeviceRecord } from '../engine/records.ts';
import { reportOf } from '../engine/rows.ts';
import type { DesiredFleet } from '../manifests/desired.ts';
import { linkedReleases } from '../manifests/linked-releases.ts';

/** Releases that devices run or were told to run, all of them the same ones; few of these describe a large fleet. */
interface Holding {
  /** The releases, each `NAME/VERSION` and a space. */
  readonly line: string;
  devices: number;
}

function lineOf(record: DeviceRecord): string {
  let line = '';
  for (const { name, version, links = [] } of record.issued?.applications ?? []) {
    line += `${name}/${version} `;
    for (const linked of links) line += `${linked} `;
  }
  for (const { name, version } of reportOf(record)?.applications ?? []) line += `${name}/${version} `;
  return line;
}

export class NeededArtifacts {
  /** By their lines. */
  readonly #holdings = new Map<string, Holding>();
  readonly #ofDevices = new Map<string, Holding>();
  /** Digests of envelopes that do not travel inside a shadow, by device. */
  readonly #blobs = new Map<string, string>();
  /** Whose envelope has that digest: it names one device. */
  readonly #holders = new Map<string, string>();

  /** What is known of a device has changed. */
  note(device: string, record: DeviceRecord): void {
    this.#noteReleases(device, lineOf(record));
    const { envelope } = record;
    const blob = envelope !== undefined && travelsAsBlob(envelope) ? blobOf(envelope).sha256 : undefined;
    const before = this.#blobs.get(device);
    if (before === blob) return;
    if (before !== undefined) this.#holders.delete(before);
    if (blob === undefined) this.#blobs.delete(device);
    else {
      this.#blobs.set(device, blob);
      this.#holders.set(blob, device);
    }
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

  /** The device whose envelope has that digest and does not travel inside its shadow. */
  holderOf(sha256: string): string | undefined {
    return this.#holders.get(sha256);
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
