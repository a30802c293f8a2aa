import { type Clock, NetworkError } from '../../platform/ports.ts';
import type {
  Deployment,
  DownloadReport,
  LinkedModule,
  Progress,
  ReleaseIndex,
  Way,
} from '../../schemas/generated/types.ts';
import { bringWholeOnly } from '../links/link-terms.ts';
import type { Neighbours } from '../neighbours/neighbours.ts';
import type { Wants } from '../neighbours/wants.ts';
import { refresh, requireAgreement, requireSigner, targetPath } from './agreement.ts';
import { DownloadError, isOfTheTerms, isOfTheWay } from './download-error.ts';
import { type FetchMemory, type KnownIndex, type ModuleProgress, progressOf } from './fetch-memory.ts';
import {
  type DownloadContext,
  downloadReport,
  fetchIndex,
  fetchModule,
  type ModuleContext,
  type Unpacking,
} from './fetch-module.ts';
import type { ReleaseMetadata } from './metadata.ts';
import { bytesThere } from './partial-file.ts';
import { requireRunnable } from './require-runnable.ts';
import { missingModules, modulesOf, type Wanted } from './wanted.ts';
import { affordableWays, isByDelta, isCondensed } from './ways.ts';
import { bytesWhole, type LackingDelta, lackingDeltas } from './whole-modules.ts';

/** As the report's schema has it. */
const downloadsMax = 64;

/** The shore makes deltas beside everything else: an index older than this may lack one that is there by now. */
const indexAgeMsMax = 10 * 60_000;

/** An index names a few hundred forms at most; more than these were all of a store that means harm. */
const spoiltMax = 512;

/** A file that a server was too busy for so often, or an index so often damaged, may be so for ever: the update must not hang on it. */
const busyMax = 5;

/** The devices beside this one. */
interface Site {
  readonly neighbours: Neighbours;
  /** What they are told. */
  readonly wants: Wants;
}

/** One attempt to bring what a deployment lacks; `memory` tells what it and those before it came to know. */
export class FetchAttempt {
  readonly #context: DownloadContext;
  readonly #clock: Clock;
  readonly #openMetadata: () => ReleaseMetadata;
  readonly #deployment: Deployment;
  readonly #envelope: string;
  readonly #isInstalled: boolean;
  /** Whether a module may come by a delta only. */
  readonly #isDeltaOnly: (module: LinkedModule) => boolean;
  readonly #site: Site;
  #missing: readonly LinkedModule[];
  readonly #bytes: Map<string, number>;
  readonly #reports: Map<string, DownloadReport>;
  readonly #indexes: Map<string, KnownIndex>;
  readonly #progress: Map<string, ModuleProgress>;
  readonly #spoilt: string[];
  readonly #work: Map<string, number>;
  readonly #busy: Map<string, number>;
  #hasAgreed: boolean;

  constructor(context: DownloadContext, site: Site, clock: Clock, openMetadata: () => ReleaseMetadata, wanted: Wanted) {
    const { deployment, envelope, isInstalled, updates, memory } = wanted;
    this.#envelope = envelope;
    this.#context = context;
    this.#site = site;
    this.#clock = clock;
    this.#openMetadata = openMetadata;
    this.#deployment = deployment;
    this.#isInstalled = isInstalled;
    const mayGoWhole = isInstalled || deployment.wholeModules === undefined;
    this.#isDeltaOnly = ({ name }) => !mayGoWhole && updates.includes(name);
    this.#bytes = new Map(Object.entries(memory.bytes));
    this.#reports = new Map(Object.entries(memory.reports));
    this.#indexes = new Map(Object.entries(memory.indexes));
    this.#progress = new Map(Object.entries(memory.progress));
    this.#spoilt = [...memory.spoilt];
    this.#work = new Map(Object.entries(memory.work));
    this.#busy = new Map(Object.entries(memory.busy));
    this.#hasAgreed = memory.hasAgreed;
    this.#missing = missingModules(context.store, deployment);
    for (const { sha256, length } of this.#missing) {
      if (!this.#progress.has(sha256)) this.#progress.set(sha256, { done: 0, total: length });
    }
  }

  memory(): FetchMemory {
    return {
      hasAgreed: this.#hasAgreed,
      bytes: Object.fromEntries(this.#bytes),
      reports: Object.fromEntries(this.#reports),
      indexes: Object.fromEntries(this.#indexes),
      progress: Object.fromEntries(this.#progress),
      spoilt: this.#spoilt.slice(-spoiltMax),
      work: Object.fromEntries(this.#work),
      busy: Object.fromEntries(this.#busy),
    };
  }

  /** Where it is waited for a neighbour, which one that is. */
  #tell(onProgress: (progress: Progress) => void, neighbour?: string): void {
    const progress = progressOf({ progress: Object.fromEntries(this.#progress) });
    onProgress(neighbour === undefined ? progress : { ...progress, neighbour });
  }

  /** Brings what is missing; throws when it can't now. */
  async run(onProgress: (progress: Progress) => void, signal: AbortSignal): Promise<readonly DownloadReport[]> {
    const { applications } = this.#deployment;
    this.#tell(onProgress);
    const isLater = this.#hasAgreed;
    if (!isLater) await this.#agreeFirst(onProgress, signal);
    await this.#askNeighbours(onProgress, signal);
    await this.#requireDeltas(signal);
    for (const module of this.#missing) {
      if (await this.#awaitNeighbour(module, onProgress, signal)) continue;
      await this.#bring(module, onProgress, signal);
      this.#site.wants.there(module.sha256);
    }
    // Attempts may lie days apart: what is installed now must be signed and fresh now.
    if (isLater) await this.#agree(signal);
    if (!this.#isInstalled) for (const one of applications) requireRunnable(this.#context.store, one);
    return this.#downloads();
  }

  /** Brings of what is missing what neighbours have, and asks for nothing over a link; throws where that is not all. */
  async takeFromNeighbours(
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<readonly DownloadReport[]> {
    this.#tell(onProgress);
    await this.#askNeighbours(onProgress, signal);
    const lacking = this.#missing.map(({ name, version }) => `${name} ${version}`);
    if (lacking.length > 0) throw new DownloadError('ARTIFACT_MISSING', `no neighbour gives ${lacking.join(', ')}`);
    return this.#downloads();
  }

  #downloads(): readonly DownloadReport[] {
    return modulesOf(this.#deployment)
      .map((module) => this.#reports.get(targetPath(module)) ?? downloadReport(module, 'kept', 0))
      .slice(0, downloadsMax);
  }

  async #agree(signal: AbortSignal): Promise<void> {
    if (this.#isInstalled) return;
    this.#hasAgreed = false;
    const modules = modulesOf(this.#deployment);
    const metadata = this.#openMetadata();
    await refresh(metadata, modules.map(targetPath), signal);
    requireSigner(metadata, this.#envelope, this.#deployment);
    for (const module of modules) requireAgreement(metadata, module);
    this.#hasAgreed = true;
  }

  /** Without a link neighbours are asked all the same: what they give waits here for the word on what is signed. */
  async #agreeFirst(onProgress: (progress: Progress) => void, signal: AbortSignal): Promise<void> {
    try {
      await this.#agree(signal);
    } catch (error) {
      if (error instanceof NetworkError && !signal.aborted) await this.#askNeighbours(onProgress, signal);
      throw error;
    }
  }

  /** What a neighbour has costs no link, and comes whole whatever the deployment says of links. */
  async #askNeighbours(onProgress: (progress: Progress) => void, signal: AbortSignal): Promise<void> {
    for (const module of this.#missing) {
      if (await this.#cameAlong(module, signal)) continue;
      const progress = this.#progressFor(module, onProgress);
      const device = await this.#site.neighbours.bring(this.#context, module, progress, signal);
      if (device === undefined) continue;
      this.#came(module, device);
      this.#missing = this.#missing.filter((one) => one !== module);
    }
  }

  /** Whether a module came from a neighbour that had it meanwhile, or fetched it. */
  async #awaitNeighbour(
    module: LinkedModule,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (await this.#cameAlong(module, signal)) return false;
    const done = this.#bytes.get(module.sha256) ?? 0;
    const progress = this.#progressFor(module, onProgress);
    const onWait = (neighbour: string): void => this.#tell(onProgress, neighbour);
    const device = await this.#site.neighbours.await(this.#context, module, { done, progress, onWait }, signal);
    if (device !== undefined) this.#came(module, device);
    return device !== undefined;
  }

  /** A module is there, from a neighbour. */
  #came(module: LinkedModule, device: string): void {
    const bytes = this.#bytes.get(module.sha256) ?? 0;
    this.#reports.set(targetPath(module), { ...downloadReport(module, 'whole', bytes), neighbour: device });
  }

  /** Whether a delta to a module came along with the update. */
  async #cameAlong(module: LinkedModule, signal: AbortSignal): Promise<boolean> {
    const { parcel, store, budget } = this.#context;
    if (!parcel.has(`releases/${module.name}/${module.version}.json`)) return false;
    const index = this.#unspoilt(await this.#indexOf(this.#contextOf(module), module, signal));
    const ways = affordableWays(module, index, store, budget, () => 0);
    return ways.some(({ sha256 }) => parcel.has(`sha256/${sha256}`));
  }

  #progressFor({ sha256 }: LinkedModule, onProgress: (progress: Progress) => void) {
    return (done: number, total: number): void => {
      this.#progress.set(sha256, { done, total });
      this.#tell(onProgress);
    };
  }

  /** Before anything of an update travels: what of it can't come as its deployment has it is told at once. */
  async #requireDeltas(signal: AbortSignal): Promise<void> {
    const { disk, store, budget, partialDirectory, parcel } = this.#context;
    const there = (way: Way): number => bytesThere(disk, partialDirectory, way.sha256);
    const isHere = (way: Way): boolean => there(way) >= way.length || parcel.has(`sha256/${way.sha256}`);
    const lacking: LackingDelta[] = [];
    const mayCome = this.#deltasMayCome();
    for (const module of this.#missing.filter(this.#isDeltaOnly)) {
      const index = this.#unspoilt(await this.#indexOf(this.#contextOf(module), module, signal));
      const ways = affordableWays(module, index, store, budget, there);
      const [deltas, whole] = [true, false].map((is) => ways.filter((way) => isByDelta(way) === is));
      if (!deltas!.some((way) => mayCome || isHere(way))) lacking.push({ module, bytes: bytesWhole(whole!) });
    }
    if (lacking.length > 0) throw lackingDeltas(this.#deployment.wholeModules, lacking);
  }

  /** Not where somebody may let modules come whole, and no link that is ever there carries anything else. */
  #deltasMayCome(): boolean {
    const { wholeModules, links = [] } = this.#deployment;
    return wholeModules !== 'ask' || !bringWholeOnly(links) || this.#context.passage.isFree;
  }

  async #indexOf(
    context: DownloadContext,
    module: LinkedModule,
    signal: AbortSignal,
  ): Promise<ReleaseIndex | undefined> {
    const known = this.#indexes.get(targetPath(module));
    const askedAt = this.#clock.monotonic();
    if (known !== undefined && !this.#mayImprove(known, module, askedAt)) return known.index;
    try {
      const index = await fetchIndex(context, module, signal);
      const newest = index ?? known?.index;
      this.#indexes.set(targetPath(module), { askedAt, ...(newest === undefined ? {} : { index: newest }) });
    } catch (error) {
      // A link too bad for the index may still bring the rest of what was begun.
      if (known === undefined && !this.#isTooOften(targetPath(module), error)) throw error;
    }
    return this.#indexes.get(targetPath(module))?.index;
  }

  /** Counts that the server was too busy for a file; says whether that was so often that it may be done without. */
  #countBusy(file: string): boolean {
    const times = (this.#busy.get(file) ?? 0) + 1;
    this.#busy.set(file, times);
    return times >= busyMax;
  }

  /** The index is a convenience: one that never comes, or is damaged for good, costs bytes and never the update. */
  #isTooOften(file: string, error: unknown): boolean {
    return error instanceof DownloadError && !isOfTheWay(error.code) && this.#countBusy(file);
  }

  /** Whether a newer index may name a delta that costs less than what is still to travel. */
  #mayImprove({ index, askedAt }: KnownIndex, module: LinkedModule, now: number): boolean {
    if (now - askedAt < indexAgeMsMax) return false;
    const { disk, store, budget, partialDirectory } = this.#context;
    const there = (way: Way): number => bytesThere(disk, partialDirectory, way.sha256);
    const [cheapest] = affordableWays(module, this.#unspoilt(index), store, budget, there);
    return cheapest === undefined || !isByDelta(cheapest);
  }

  #unspoilt(index: ReleaseIndex | undefined): ReleaseIndex | undefined {
    return index && { ...index, ways: index.ways.filter(({ sha256 }) => !this.#spoilt.includes(sha256)) };
  }

  /** What one module is brought with: its bytes are counted as its own too. */
  #contextOf(module: LinkedModule): ModuleContext {
    const { sha256 } = module;
    const countBytes = (bytes: number): void => {
      this.#context.countBytes(bytes);
      this.#bytes.set(sha256, (this.#bytes.get(sha256) ?? 0) + bytes);
    };
    return { ...this.#context, countBytes, isDeltaOnly: this.#isDeltaOnly(module) };
  }

  async #bring(module: LinkedModule, onProgress: (progress: Progress) => void, signal: AbortSignal): Promise<void> {
    const { sha256 } = module;
    const context = this.#contextOf(module);
    const tell = this.#progressFor(module, onProgress);
    const progress = (done: number, total: number): void => {
      this.#site.wants.fetching(sha256, this.#bytes.get(sha256) ?? 0);
      tell(done, total);
    };
    const index = this.#unspoilt(await this.#indexOf(context, module, signal));
    const unpacking: Unpacking = {
      spent: this.#work.get(sha256) ?? 0,
      onSpent: (units) => this.#work.set(sha256, (this.#work.get(sha256) ?? 0) + units),
      onSpoilt: (form) => this.#spoilt.push(form),
      onBusy: (form) => this.#countBusy(form),
    };
    try {
      const way = await fetchModule(context, module, index, unpacking, progress, signal);
      // What lay on disk when this began had travelled too, in an earlier life of the agent.
      const bytes = Math.max(this.#bytes.get(sha256) ?? 0, way.length);
      this.#reports.set(targetPath(module), downloadReport(module, isCondensed(way) ? 'condensed' : way.method, bytes));
    } catch (error) {
      // Every way was spoilt: the next attempt asks anew for ways, and whether the release still stands.
      if (error instanceof DownloadError && !isOfTheWay(error.code) && !isOfTheTerms(error.code)) {
        this.#indexes.delete(targetPath(module));
        this.#hasAgreed = false;
      }
      throw error;
    }
  }
}
