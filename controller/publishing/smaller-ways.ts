/**
 * Smaller ways to get releases: brotli of every one, and of those that devices should run deltas from those that devices have, and
 * from nothing for who has none. Made one after another beside everything else, smallest modules first, none of them twice. A delta
 * from nothing takes seconds a megabyte: nobody but a wave waits for one, and it makes room for every other way.
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
import {
  condensable,
  type DeltaPair,
  deltaPairs,
  isNeeded,
  type NamedDelta,
  namedDeltas,
  type ReleaseDemand,
} from './release-demand.ts';

/** How many deltas are still to be made, of how many; `unknown` until a demand was looked at. */
export type DeltaProgress = { readonly all: number; readonly open: number } | 'unknown';

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
  /** A commit is not held back for it. */
  readonly isBeside?: true;
  readonly make: () => Promise<void>;
}

/** In which order ways are made: those that commits are held back for, and smaller ones first. */
function inTurn(one: Job, other: Job): number {
  return Number(one.isBeside ?? 0) - Number(other.isBeside ?? 0) || one.release.length - other.release.length;
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
  /** Aborted where what nobody is held back for is to make room. */
  #yielding = new AbortController();
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
   * demand asked for are done, but for deltas from nothing: who waited once for a large module does not wait for it again. Never rejects.
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
    const needed = releases.flatMap((release) => {
      return (deltas.get(release) ?? []).filter((delta) => isNeeded(release, delta, bases));
    });
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
    this.#deltas = namedDeltas(catalogue, demand, this.#parts.condense !== undefined);
    this.#open = new Set(jobs.map(({ key }) => key));
    this.onDeltas();
    const asked = new Set(jobs.filter(({ isBeside }) => isBeside === undefined).map(({ key }) => key));
    for (const [key, job] of this.#known) if (!asked.has(key)) this.#finish(key, job);
    const news = [...asked].filter((key) => !this.#known.has(key));
    for (const key of news) this.#known.set(key, Promise.withResolvers());
    if (news.length > 0) this.#yielding.abort(new Error('other ways come first'));
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
    return jobs.filter(({ key }) => !this.#failed.has(key)).sort(inTurn);
  }

  async #condensing(catalogue: Catalogue, demand: ReleaseDemand): Promise<Job[]> {
    const jobs: Job[] = [];
    for (const release of condensable(catalogue, demand)) {
      if (await this.#parts.store.wasTried(nothingSha256, release.sha256)) continue;
      const key = deltaKey(nothingSha256, release.sha256);
      jobs.push({ key, release, isBeside: true, make: () => this.#condense(release) });
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
      this.#yielding = new AbortController();
      // What made room stands in the queue again.
      if (!(await this.#attempt(job))) continue;
      if (this.#open.delete(job.key)) this.onDeltas();
      const known = this.#known.get(job.key);
      if (known !== undefined) this.#finish(job.key, known);
    }
  }

  #finish(key: string, { resolve }: PromiseWithResolvers<void>): void {
    this.#known.delete(key);
    resolve();
  }

  /** Gives whether it came to an end, good or bad. */
  async #attempt({ key, release: { name, version }, isBeside, make }: Job): Promise<boolean> {
    try {
      await make();
    } catch (error) {
      if (this.#stopping.signal.aborted || (isBeside && this.#yielding.signal.aborted)) return false;
      if (!(error instanceof ArtifactError)) this.#failed.add(key);
      this.#parts.log.write('error', 'publishing.way-failed', { release: `${name}/${version}`, error });
    }
    return true;
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
    const signal = AbortSignal.any([this.#stopping.signal, this.#yielding.signal]);
    const patch = await condense?.(await this.#bytesOf(release), signal);
    if (patch !== undefined) await this.#addDelta(index, { sha256: nothingSha256, version: 'nothing' }, release, patch);
  }

  async #makeDelta({ base, release }: DeltaPair): Promise<void> {
    const { store, makeDelta } = this.#parts;
    const index = await store.index(release);
    if (index === undefined || !(await this.#isDeltaOpen({ base, release }))) return;
    const patch = await makeDelta(await this.#bytesOf(base), await this.#bytesOf(release), this.#stopping.signal);
    await this.#addDelta(index, base, release, patch);
  }

  async #addDelta(
    index: ReleaseIndex,
    base: Pick<CataloguedRelease, 'sha256' | 'version'>,
    release: CataloguedRelease,
    patch: Uint8Array,
  ): Promise<void> {
    const { store, log } = this.#parts;
    const isWorthIt = patch.length < bytesWithoutBase(index);
    if (isWorthIt) await store.addWay(release, { method: 'delta', base: base.sha256 }, patch);
    await store.markTried(base.sha256, release.sha256);
    const { name, version } = release;
    const fields = { name, from: base.version, to: version, bytes: patch.length, of: release.length };
    log.write('info', isWorthIt ? 'publishing.delta' : 'publishing.delta-not-worth-it', fields);
  }
}
