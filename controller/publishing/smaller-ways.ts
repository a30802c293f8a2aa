/**
 * Smaller ways to get releases: brotli of every one, and deltas to those that devices should run from those that they
 * have. Made one after another beside everything else, smallest modules first, none of them twice.
 */
import type { Log } from '../../platform/ports.ts';
import type { ReleaseIndex } from '../../schemas/generated/types.ts';
import type { Catalogue, CataloguedRelease } from '../manifests/desired.ts';
import type { ArtifactStore } from './artifact-store.ts';
import type { Compress } from './compress.ts';
import type { MakeReleaseDelta } from './make-delta.ts';

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

export interface SmallerWaysParts {
  readonly store: ArtifactStore;
  readonly compress: Compress;
  readonly makeDelta: MakeReleaseDelta;
  readonly log: Log;
}

/** What a device without any base must take. */
function bytesWithoutBase({ ways, length }: ReleaseIndex): number {
  return Math.min(length, ...ways.filter(({ base }) => base === undefined).map((way) => way.length));
}

export class SmallerWays {
  readonly #parts: SmallerWaysParts;
  readonly #stopping = new AbortController();
  #work: Promise<void> = Promise.resolve();

  constructor(parts: SmallerWaysParts) {
    this.#parts = parts;
  }

  /** Resolves when the ways to these releases are made, after all that was begun before. Never rejects. */
  prepare(catalogue: Catalogue, demand: ReleaseDemand): Promise<void> {
    const releases = [...catalogue.values()].sort((a, b) => a.length - b.length);
    const pairs = deltaPairs(catalogue, demand).sort((a, b) => a.release.length - b.release.length);
    this.#work = this.#work.then(async () => {
      for (const release of releases) await this.#attempt(release, () => this.#compress(release));
      for (const pair of pairs) await this.#attempt(pair.release, () => this.#makeDelta(pair));
    });
    return this.#work;
  }

  /** Ends what is being made; it is begun again after the next publication. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the controller stops'));
    await this.#work;
  }

  async #attempt({ name, version }: CataloguedRelease, make: () => Promise<void>): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    try {
      await make();
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#parts.log.write('error', 'publishing.way-failed', { release: `${name}/${version}`, error });
    }
  }

  async #compress(release: CataloguedRelease): Promise<void> {
    const { store, compress } = this.#parts;
    const index = store.index(release);
    if (index === undefined || index.ways.some(({ method }) => method === 'brotli')) return;
    store.addWay(release, { method: 'brotli' }, await compress(store.read(index.sha256)));
  }

  async #makeDelta({ base, release }: DeltaPair): Promise<void> {
    const { store, makeDelta, log } = this.#parts;
    const index = store.index(release);
    if (index === undefined || !store.has(base.sha256) || store.wasTried(base.sha256, release.sha256)) return;
    const patch = await makeDelta(store.read(base.sha256), store.read(release.sha256), this.#stopping.signal);
    const isWorthIt = patch.length < bytesWithoutBase(index);
    if (isWorthIt) store.addWay(release, { method: 'delta', base: base.sha256 }, patch);
    store.markTried(base.sha256, release.sha256);
    const { name, version } = release;
    const fields = { name, from: base.version, to: version, bytes: patch.length, of: release.length };
    log.write('info', isWorthIt ? 'publishing.delta' : 'publishing.delta-not-worth-it', fields);
  }
}
