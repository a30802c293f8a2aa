/** Which deltas are worth making, from who needs what. */
import { nothingSha256 } from '../../artifact/delta/from-nothing.ts';
import type { Catalogue, CataloguedRelease } from '../manifests/desired.ts';
import { deltaKey } from './artifact-store.ts';

/** Who needs what, as `NAME/VERSION`. */
export interface ReleaseDemand {
  /** Releases that manifests ask for. */
  readonly wanted: ReadonlySet<string>;
  /** Releases that devices run or were told to run. */
  readonly held: ReadonlySet<string>;
}

/** From one release to another. */
export interface DeltaPair {
  readonly base: CataloguedRelease;
  readonly release: CataloguedRelease;
}

/** Besides what devices are known to hold: a device may have been away for a few releases. */
const recentBasesMax = 3;

/** Of one release; each costs time to make and room to keep. */
const basesMax = 12;

/** The deltas worth making: to each wanted release, from what devices hold and from its last few predecessors. */
export function deltaPairs(catalogue: Catalogue, { wanted, held }: ReleaseDemand): DeltaPair[] {
  return [...catalogue].flatMap(([key, release]) => {
    if (!wanted.has(key)) return [];
    const others = [...catalogue].filter(
      ([other, { name, sha256 }]) => other !== key && name === release.name && sha256 !== release.sha256,
    );
    const recent = new Set(others.slice(-recentBasesMax).map(([other]) => other));
    const bases = others.filter(([other]) => held.has(other) || recent.has(other)).slice(-basesMax);
    return bases.map(([, base]) => ({ base, release }));
  });
}

/** Above this neither encoder nor device is done in a time that saves anybody any. */
const condensedBytesMax = 8 * 1024 * 1024;

/** The releases of which a delta from nothing is made. */
export function condensable(catalogue: Catalogue, { wanted }: ReleaseDemand): CataloguedRelease[] {
  return [...catalogue]
    .filter(([key, { length }]) => wanted.has(key) && length <= condensedBytesMax)
    .map(([, release]) => release);
}

/** Keys of all deltas that are made for a demand. */
export function demandedDeltas(catalogue: Catalogue, demand: ReleaseDemand): ReadonlySet<string> {
  const condensed = condensable(catalogue, demand).map(({ sha256 }) => deltaKey(nothingSha256, sha256));
  const pairs = deltaPairs(catalogue, demand).map(({ base, release }) => deltaKey(base.sha256, release.sha256));
  return new Set([...condensed, ...pairs]);
}

/** A release as `NAME/VERSION`. */
export function nameOf({ name, version }: CataloguedRelease): string {
  return `${name}/${version}`;
}

/** A delta to a release, by the name of what it is made from. */
export interface NamedDelta {
  readonly base: string;
  readonly key: string;
}

/** All deltas of a demand by the release that they lead to; the name of nothing is empty. */
export function namedDeltas(
  catalogue: Catalogue,
  demand: ReleaseDemand,
  isCondensing: boolean,
): ReadonlyMap<string, readonly NamedDelta[]> {
  const pairs = deltaPairs(catalogue, demand).map(({ base, release }) => {
    return { to: nameOf(release), base: nameOf(base), key: deltaKey(base.sha256, release.sha256) };
  });
  const condensed = (isCondensing ? condensable(catalogue, demand) : []).map((release) => {
    return { to: nameOf(release), base: '', key: deltaKey(nothingSha256, release.sha256) };
  });
  return Map.groupBy([...pairs, ...condensed], ({ to }) => to);
}

/** Whether somebody who has these releases needs a delta: that from nothing is for who has nothing of the application. */
export function isNeeded(release: string, { base }: NamedDelta, bases: ReadonlySet<string>): boolean {
  if (base !== '') return bases.has(base);
  const [application] = release.split('/', 1);
  return ![...bases].some((held) => held.startsWith(`${application}/`));
}
