/**
 * Smaller ways to get releases: brotli of every one, and of those that devices should run a delta from nothing, for who has
 * none, and deltas from those that devices have. Made one after another beside everything else, smallest modules first, none of them twice.
 */
import { nothingSha256 } from '../../artifact/delta/from-nothing.ts';
import { InOrder } from '../../platform/in-order.ts';
import type { Log } from '../../platform/ports.ts';
import type { ReleaseIndex } from '../../schemas/generated/types.ts';
import type { Catalogue, CataloguedRelease } from '../manifests/desired.ts';
import { type ArtifactStore, deltaKey } from './artifact-store.ts';
import type { Compress } from './compress.ts';
import type { FormMakers } from './fetch-price.ts';
import { ArtifactError } from './files/artifact-files.ts';
import type { Condense, MakeReleaseDelta } from './make-delta.ts';

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
function condensable(catalogue: Catalogue, { wanted }: ReleaseDemand): CataloguedRelease[] {
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

/** How many deltas are still to be made, of how many; `unknown` until a demand was looked at. */
export type DeltaProgress = { readonly all: number; readonly open: number } | 'unknown';

function nameOf({ name, version }: CataloguedRelease): string {
  return `${name}/${version}`;
}

/** A delta to a release, by the name of what it is made from. */
interface NamedDelta {
  readonly base: string;
  readonly key: string;
}

/** By the release that they lead to. */
function deltaKeys(pairs: readonly DeltaPair[]): ReadonlyMap<string, readonly NamedDelta[]> {
  const byRelease = Map.groupBy(pairs, ({ release }) => nameOf(release));
  const named = ({ base, release }: DeltaPair): NamedDelta => {
    return { base: nameOf(base), key: deltaKey(base.sha256, release.sha256) };
  };
  return new Map([...byRelease].map(([release, all]) => [release, all.map(named)]));
}

export interface SmallerWaysParts {
  readonly store: ArtifactStore;
  readonly compress: Compress;
  readonly makeDelta: MakeReleaseDelta;
  /** Without it no release gets a delta from nothing. */
  readonly condense?: Condense;
  readonly log: Log;
}

/** What a device without any base must take. */
function bytesWithoutBase({ ways, length }: ReleaseIndex): number {
  return Math.min(length, ...ways.filter(({ base }) => base === undefined).map((way) => way.length));
}

/** One way to make; its key is the same whenever it is asked for. */
interface Job {
  readonly key: string;
  readonly release: CataloguedRelease;
  readonly make: () => Promise<void>;
}

export class SmallerWays {
  readonly #parts: SmallerWaysParts;
  readonly #stopping = new AbortController();
  /** Demands take effect in the order in which they came. */
  readonly #demands = new InOrder();
  /** What the last demand asks for and was not begun yet: the next demand takes its place. */
  #queue: readonly Job[] = [];
  /** Jobs that somebody waited for, until they are done. */
  readonly #known = new Map<string, PromiseWithResolvers<void>>();
  /** Jobs that failed in themselves: another try in the same life would fail like the first, and hold up every commit. */
  readonly #failed = new Set<string>();
  #work: Promise<void> | undefined;
  /** The deltas to each release that the last demand comes to; undefined where nobody knows. */
  #deltas: ReadonlyMap<string, readonly NamedDelta[]> | undefined;
  /** Demands that nobody has looked at yet. */
  #untaken = 0;
  /** Keys of jobs of the last demand that are not done. */
  #open = new Set<string>();
  /** Called when a delta was made, or can't be, and when other ones are demanded. */
  onDeltas: () => void = () => {};

  constructor(parts: SmallerWaysParts) {
    this.#parts = parts;
  }

  /** For prices of what is not to be made yet. */
  get makers(): FormMakers {
    const { compress, makeDelta, condense } = this.#parts;
    const { signal } = this.#stopping;
    return {
      compress,
      makeDelta: (old, fresh, effort) => makeDelta(old, fresh, signal, effort),
      ...(condense && { condense: (fresh) => condense(fresh, signal) }),
    };
  }

  /**
   * Makes all ways that this demand asks for, and no more those of earlier ones. Resolves when those that no earlier
   * demand asked for are done: who waited once for a large module does not wait for it again. Never rejects.
   */
  async prepare(catalogue: Catalogue, demand: ReleaseDemand): Promise<void> {
    this.#untaken += 1;
    try {
      const done = await this.#demands.run(() => this.#take(catalogue, demand));
      await Promise.all(done);
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#parts.log.write('error', 'publishing.ways-unknown', { error });
    }
  }

  /** Of the deltas to these releases from those bases, by `NAME/VERSION`, how many are still to be made. */
  deltasTo(releases: readonly string[], bases: ReadonlySet<string>): DeltaProgress {
    const deltas = this.#deltas;
    if (deltas === undefined || this.#untaken > 0) return 'unknown';
    const needed = releases.flatMap((release) => deltas.get(release) ?? []).filter(({ base }) => bases.has(base));
    return { all: needed.length, open: needed.filter(({ key }) => this.#open.has(key)).length };
  }

  /** What the jobs come to that no earlier demand asked for. */
  async #take(catalogue: Catalogue, demand: ReleaseDemand): Promise<Promise<void>[]> {
    this.#deltas = undefined;
    const jobs = await this.#jobs(catalogue, demand).finally(() => {
      this.#untaken -= 1;
    });
    if (this.#stopping.signal.aborted) return [];
    this.#queue = jobs;
    this.#deltas = deltaKeys(deltaPairs(catalogue, demand));
    this.#open = new Set(jobs.map(({ key }) => key));
    this.onDeltas();
    const asked = new Set(this.#queue.map(({ key }) => key));
    for (const [key, job] of this.#known) if (!asked.has(key)) this.#finish(key, job);
    const news = [...asked].filter((key) => !this.#known.has(key));
    for (const key of news) this.#known.set(key, Promise.withResolvers());
    const done = news.map((key) => this.#known.get(key)!.promise);
    this.#start();
    return done;
  }

  #start(): void {
    this.#work ??= this.#run().finally(() => {
      this.#work = undefined;
      // A demand may have come since it looked.
      if (this.#queue.length > 0 && !this.#stopping.signal.aborted) this.#start();
    });
  }

  /** Ends what is being made; it is begun again after the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the controller stops'));
    await this.#work;
    for (const [key, job] of this.#known) this.#finish(key, job);
  }

  /** What is still to be made, small modules first, and of those alike first the form that every device can use. */
  async #jobs(catalogue: Catalogue, demand: ReleaseDemand): Promise<Job[]> {
    const jobs: Job[] = [];
    for (const release of catalogue.values()) {
      if (await this.#isCompressed(release)) continue;
      jobs.push({ key: release.sha256, release, make: () => this.#compress(release) });
    }
    if (this.#parts.condense !== undefined) jobs.push(...(await this.#condensing(catalogue, demand)));
    for (const pair of deltaPairs(catalogue, demand)) {
      const { base, release } = pair;
      if (!(await this.#isDeltaOpen(pair))) continue;
      jobs.push({ key: deltaKey(base.sha256, release.sha256), release, make: () => this.#makeDelta(pair) });
    }
    return jobs.filter(({ key }) => !this.#failed.has(key)).sort((a, b) => a.release.length - b.release.length);
  }

  async #condensing(catalogue: Catalogue, demand: ReleaseDemand): Promise<Job[]> {
    const jobs: Job[] = [];
    for (const release of condensable(catalogue, demand)) {
      if (await this.#parts.store.wasTried(nothingSha256, release.sha256)) continue;
      const key = deltaKey(nothingSha256, release.sha256);
      jobs.push({ key, release, make: () => this.#condense(release) });
    }
    return jobs;
  }

  async #isCompressed(release: CataloguedRelease): Promise<boolean> {
    const { store } = this.#parts;
    const index = await store.index(release);
    if (index?.ways.some(({ method }) => method === 'brotli')) return true;
    return store.wasTried(release.sha256, release.sha256);
  }

  /** Whether a delta can be made, and was not. */
  async #isDeltaOpen({ base, release }: DeltaPair): Promise<boolean> {
    const { store } = this.#parts;
    return (await store.holds(base)) && !(await store.wasTried(base.sha256, release.sha256));
  }

  /** The bytes of a release that is held. */
  async #bytesOf({ sha256 }: CataloguedRelease): Promise<Uint8Array> {
    const bytes = await this.#parts.store.read(sha256);
    if (bytes === undefined) throw new Error(`sha256/${sha256} is gone`);
    return bytes;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const [job, ...rest] = this.#queue;
      if (job === undefined) return;
      this.#queue = rest;
      await this.#attempt(job);
      if (this.#open.delete(job.key)) this.onDeltas();
      const known = this.#known.get(job.key);
      if (known !== undefined) this.#finish(job.key, known);
    }
  }

  #finish(key: string, { resolve }: PromiseWithResolvers<void>): void {
    this.#known.delete(key);
    resolve();
  }

  async #attempt({ key, release: { name, version }, make }: Job): Promise<void> {
    try {
      await make();
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      if (!(error instanceof ArtifactError)) this.#failed.add(key);
      this.#parts.log.write('error', 'publishing.way-failed', { release: `${name}/${version}`, error });
    }
  }

  async #compress(release: CataloguedRelease): Promise<void> {
    const { store, compress } = this.#parts;
    if ((await store.index(release)) === undefined || (await this.#isCompressed(release))) return;
    const compressed = await compress(await this.#bytesOf(release));
    const isAdded = await store.addWay(release, { method: 'brotli' }, compressed);
    if (!isAdded) await store.markTried(release.sha256, release.sha256);
  }

  async #condense(release: CataloguedRelease): Promise<void> {
    const { store, condense } = this.#parts;
    const index = await store.index(release);
    if (index === undefined || (await store.wasTried(nothingSha256, release.sha256))) return;
    const patch = await condense?.(await this.#bytesOf(release), this.#stopping.signal);
    if (patch !== undefined && patch.length < bytesWithoutBase(index)) {
      await store.addWay(release, { method: 'delta', base: nothingSha256 }, patch);
    }
    await store.markTried(nothingSha256, release.sha256);
  }

  async #makeDelta({ base, release }: DeltaPair): Promise<void> {
    const { store, makeDelta, log } = this.#parts;
    const index = await store.index(release);
    if (index === undefined || !(await this.#isDeltaOpen({ base, release }))) return;
    const patch = await makeDelta(await this.#bytesOf(base), await this.#bytesOf(release), this.#stopping.signal);
    const isWorthIt = patch.length < bytesWithoutBase(index);
    if (isWorthIt) await store.addWay(release, { method: 'delta', base: base.sha256 }, patch);
    await store.markTried(base.sha256, release.sha256);
    const { name, version } = release;
    const fields = { name, from: base.version, to: version, bytes: patch.length, of: release.length };
    log.write('info', isWorthIt ? 'publishing.delta' : 'publishing.delta-not-worth-it', fields);
  }
}
