/** Which releases the devices of a wave have, counted as they change: deltas from these are what it needs. */
import type { ApplicationReference } from '../../../schemas/generated/types.ts';
import type { ObservedDevice } from '../observed.ts';

/** By what is to run, which devices of a fleet share. */
const lines = new WeakMap<readonly ApplicationReference[], string>();

/** Each release of these as `NAME/VERSION` and a space. */
export function releasesLine(applications: readonly ApplicationReference[]): string {
  const known = lines.get(applications);
  if (known !== undefined) return known;
  const all = applications.flatMap(({ name, version, links = [] }) => [`${name}/${version}`, ...links]);
  const line = all.map((release) => `${release} `).join('');
  lines.set(applications, line);
  return line;
}

/** What one device was told to run and runs, each as a line that many others share. */
export interface DeviceBases {
  readonly told: string;
  readonly runs: string;
}

/** Of a device that may be offered something. */
export function basesOf({ issued, runs = '' }: ObservedDevice): DeviceBases {
  return { told: issued === undefined ? '' : releasesLine(issued.applications), runs };
}

/** Of the devices of one wave. */
export class WaveBases {
  readonly #devices = new Map<string, number>();

  add({ told, runs }: DeviceBases): void {
    for (const line of [told, runs]) this.#devices.set(line, (this.#devices.get(line) ?? 0) + 1);
  }

  remove({ told, runs }: DeviceBases): void {
    for (const line of [told, runs]) {
      const left = (this.#devices.get(line) ?? 0) - 1;
      if (left > 0) this.#devices.set(line, left);
      else this.#devices.delete(line);
    }
  }

  /** Each as `NAME/VERSION`. */
  get releases(): ReadonlySet<string> {
    return new Set([...this.#devices.keys()].flatMap((line) => line.split(' ').filter((release) => release !== '')));
  }
}
