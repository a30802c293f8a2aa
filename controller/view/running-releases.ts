/** Which releases run on how many devices, as these reported it last; kept as their rows change. */
import type { Row } from './row.ts';

function releasesOf(runs: string | undefined): readonly string[] {
  return runs?.split(' ').filter((release) => release !== '') ?? [];
}

export class RunningReleases {
  readonly #devices = new Map<string, number>();

  /** A device is otherwise than before; `undefined` where it is not there. */
  move(before: Row | undefined, row: Row | undefined): void {
    if (before?.runs === row?.runs) return;
    for (const release of releasesOf(before?.runs)) this.#count(release, -1);
    for (const release of releasesOf(row?.runs)) this.#count(release, 1);
  }

  #count(release: string, by: 1 | -1): void {
    const devices = (this.#devices.get(release) ?? 0) + by;
    if (devices === 0) this.#devices.delete(release);
    else this.#devices.set(release, devices);
  }

  /** In order of `NAME/VERSION`. */
  get all(): readonly (readonly [release: string, devices: number])[] {
    return [...this.#devices].sort(([left], [right]) => (left < right ? -1 : 1));
  }
}
