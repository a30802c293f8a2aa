/** What of the artifact store somebody out there still needs, counted as devices change. */
import { blobOf, travelsAsBlob } from '../engine/issue.ts';
import type { DeviceRecord } from '../engine/records.ts';
import { reportOf } from '../engine/rows.ts';
import type { DesiredFleet } from '../manifests/desired.ts';
import { linkedReleases } from '../manifests/linked-releases.ts';

/** Releases that a device runs or was told to run, as `NAME/VERSION`, and an envelope that it may fetch by digest. */
interface Holding {
  readonly releases: readonly string[];
  readonly blob?: string;
}

/** Names by how often they are held. */
class Counts {
  readonly #counts = new Map<string, number>();

  add(name: string, by: 1 | -1): void {
    const count = (this.#counts.get(name) ?? 0) + by;
    if (count === 0) this.#counts.delete(name);
    else this.#counts.set(name, count);
  }

  get names(): ReadonlySet<string> {
    return new Set(this.#counts.keys());
  }
}

function holdingOf(record: DeviceRecord): Holding {
  const { issued, envelope } = record;
  const held = [...(issued?.applications ?? []), ...(reportOf(record)?.applications ?? [])];
  const linked = (issued?.applications ?? []).flatMap(({ links = [] }) => links);
  const releases = [...new Set([...held.map(({ name, version }) => `${name}/${version}`), ...linked])];
  return { releases, ...(envelope !== undefined && travelsAsBlob(envelope) ? { blob: blobOf(envelope).sha256 } : {}) };
}

export class NeededArtifacts {
  readonly #holdings = new Map<string, Holding>();
  readonly #releases = new Counts();
  readonly #blobs = new Counts();

  #count({ releases, blob }: Holding, by: 1 | -1): void {
    for (const release of releases) this.#releases.add(release, by);
    if (blob !== undefined) this.#blobs.add(blob, by);
  }

  /** What is known of a device has changed. */
  note(device: string, record: DeviceRecord): void {
    const holding = holdingOf(record);
    this.#count(holding, 1);
    const before = this.#holdings.get(device);
    if (before !== undefined) this.#count(before, -1);
    this.#holdings.set(device, holding);
  }

  get releases(): ReadonlySet<string> {
    return this.#releases.names;
  }

  get blobs(): ReadonlySet<string> {
    return this.#blobs.names;
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
