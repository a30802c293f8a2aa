import { TrustError } from '../../artifact/trust/error.ts';
import type { Clock } from '../../platform/ports.ts';
import { deployedModules } from '../../schemas/deployed-modules.ts';
import type {
  Deployment,
  DownloadReport,
  LinkedModule,
  Progress,
  ReleaseIndex,
  Way,
} from '../../schemas/generated/types.ts';
import { judgeEnvelope } from '../courier/judge-envelope.ts';
import { bringWholeOnly } from '../links/link-terms.ts';
import type { ModuleStore } from '../storage/module-store.ts';
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
import { affordableWays, isByDelta, isCondensed } from './ways.ts';
import { bytesWhole, type LackingDelta, lackingDeltas } from './whole-modules.ts';

/** The path under which releases are signed. */
function targetPath({ name, version }: LinkedModule): string {
  return `${name}/${version}.wasm`;
}

/** Refuses a module that the signed releases do not know as the deployment has it. */
function requireAgreement(metadata: ReleaseMetadata, module: LinkedModule): void {
  const path = targetPath(module);
  const target = metadata.target(path);
  if (target === undefined) throw new DownloadError('RELEASE_UNSIGNED', `no release key signed ${path}`);
  if (target.sha256 !== module.sha256 || target.length !== module.length) {
    const asked = `${module.sha256.slice(0, 12)} of ${module.length} bytes`;
    const signed = `${target.sha256.slice(0, 12)} of ${target.length} bytes`;
    throw new DownloadError('RELEASE_MISMATCH', `the deployment wants ${path} as ${asked}, signed is ${signed}`);
  }
}

/** Brings the newest metadata. What stops everything installs nothing new: for that, expired metadata is as good as any. */
async function refresh(metadata: ReleaseMetadata, paths: readonly string[], signal: AbortSignal): Promise<void> {
  try {
    await metadata.refresh(paths, signal);
  } catch (error) {
    const isExpiry = error instanceof TrustError && error.code === 'EXPIRED';
    if (!isExpiry || paths.length > 0) throw error;
  }
}

/** Refuses a deployment whose signer is not named any more: the key was revoked after the deployment had been accepted. */
function requireSigner(metadata: ReleaseMetadata, envelope: string, { device, sequence }: Deployment): void {
  const judgement = judgeEnvelope(envelope, metadata.deploymentKeys(), device);
  if (judgement.kind === 'genuine') return;
  const { message } = judgement.problem;
  throw new DownloadError('DEPLOYMENT_REVOKED', `deployment ${sequence} was accepted once, and is no more: ${message}`);
}

/** Every release that a deployment has, once. */
export function modulesOf({ applications }: Deployment): readonly LinkedModule[] {
  const modules = applications.flatMap(deployedModules);
  return [...new Map(modules.map((module) => [targetPath(module), module])).values()];
}

/** One of those for each module that is not there, or not whole. */
export function missingModules(store: ModuleStore, deployment: Deployment): readonly LinkedModule[] {
  const byDigest = new Map(modulesOf(deployment).map((module) => [module.sha256, module]));
  return [...byDigest.values()].filter(({ sha256, length }) => store.condition(sha256, length) !== 'intact');
}

/** As the report's schema has it. */
const downloadsMax = 64;

/** The shore makes deltas beside everything else: an index older than this may lack one that is there by now. */
const indexAgeMsMax = 10 * 60_000;

/** An index names a few hundred forms at most; more than these were all of a store that means harm. */
const spoiltMax = 512;

/** A file that a server was too busy for so often, or an index so often damaged, may be so for ever: the update must not hang on it. */
const busyMax = 5;

/** What is to be fetched. */
export interface Wanted {
  readonly deployment: Deployment;
  /** What the deployment was taken out of, to be judged again by the keys that are named when it is installed. */
  readonly envelope: string;
  /** What is installed already agreed with the signed releases then; bringing its modules again needs no new consent. */
  readonly isInstalled: boolean;
  /** Names of releases of which another is there: one of these may have to come by a delta. */
  readonly updates: readonly string[];
  readonly memory: FetchMemory;
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
  readonly #missing: readonly LinkedModule[];
  readonly #bytes: Map<string, number>;
  readonly #reports: Map<string, DownloadReport>;
  readonly #indexes: Map<string, KnownIndex>;
  readonly #progress: Map<string, ModuleProgress>;
  readonly #spoilt: string[];
  readonly #work: Map<string, number>;
  readonly #busy: Map<string, number>;
  #hasAgreed: boolean;

  constructor(context: DownloadContext, clock: Clock, openMetadata: () => ReleaseMetadata, wanted: Wanted) {
    const { deployment, envelope, isInstalled, updates, memory } = wanted;
    this.#envelope = envelope;
    this.#context = context;
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

  #tell(onProgress: (progress: Progress) => void): void {
    onProgress(progressOf({ progress: Object.fromEntries(this.#progress) }));
  }

  /** Brings what is missing; throws when it can't now. */
  async run(onProgress: (progress: Progress) => void, signal: AbortSignal): Promise<readonly DownloadReport[]> {
    const { applications } = this.#deployment;
    this.#tell(onProgress);
    const isLater = this.#hasAgreed;
    if (!isLater) await this.#agree(signal);
    await this.#requireDeltas(signal);
    for (const module of this.#missing) await this.#bring(module, onProgress, signal);
    // Attempts may lie days apart: what is installed now must be signed and fresh now.
    if (isLater) await this.#agree(signal);
    if (!this.#isInstalled) for (const one of applications) requireRunnable(this.#context.store, one);
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
    const progress = (done: number, total: number): void => {
      this.#progress.set(sha256, { done, total });
      this.#tell(onProgress);
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
