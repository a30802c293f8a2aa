import type { Clock } from '../../platform/ports.ts';
import type {
  DeployedApplication,
  Deployment,
  DownloadReport,
  Progress,
  ReleaseIndex,
  Way,
} from '../../schemas/generated/types.ts';
import { DownloadError } from './download-error.ts';
import { type DownloadContext, downloadReport, fetchIndex, fetchModule } from './fetch-module.ts';
import type { ReleaseMetadata } from './metadata.ts';
import { bytesThere } from './partial-file.ts';
import { affordableWays } from './ways.ts';

/** The path under which releases are signed. */
function targetPath({ name, version }: DeployedApplication): string {
  return `${name}/${version}.wasm`;
}

/** Refuses an application that the signed releases do not know as the deployment has it. */
function requireAgreement(metadata: ReleaseMetadata, application: DeployedApplication): void {
  const path = targetPath(application);
  const target = metadata.target(path);
  if (target === undefined) throw new DownloadError('RELEASE_UNSIGNED', `no release key signed ${path}`);
  if (target.sha256 !== application.sha256 || target.length !== application.length) {
    const asked = `${application.sha256.slice(0, 12)} of ${application.length} bytes`;
    const signed = `${target.sha256.slice(0, 12)} of ${target.length} bytes`;
    throw new DownloadError('RELEASE_MISMATCH', `the deployment wants ${path} as ${asked}, signed is ${signed}`);
  }
}

/** The shore makes deltas beside everything else: an index older than this may lack one that is there by now. */
const indexAgeMsMax = 10 * 60_000;

/** An index, or that there was none, and when it was asked for on the monotonic clock. */
interface KnownIndex {
  readonly index: ReleaseIndex | undefined;
  readonly askedAt: number;
}

/**
 * The fetching of one deployment, over as many attempts as it takes: what earlier attempts brought is remembered, so that
 * the report tells how the whole arrived.
 */
export class DeploymentFetch {
  readonly #context: DownloadContext;
  readonly #clock: Clock;
  readonly #metadata: ReleaseMetadata;
  readonly #deployment: Deployment;
  readonly #isInstalled: boolean;
  readonly #bytes = new Map<string, number>();
  readonly #reports = new Map<string, DownloadReport>();
  /** Indexes that were asked for, so that a cut costs no more than the rest of the download. */
  readonly #indexes = new Map<string, KnownIndex>();
  /** Whether the signed releases agreed with the deployment in an earlier attempt. */
  #hasAgreed = false;
  readonly #progress = new Map<string, { readonly done: number; readonly total: number }>();

  /** What is installed already agreed with the signed releases then; bringing its modules again needs no new consent. */
  constructor(
    context: DownloadContext,
    clock: Clock,
    metadata: ReleaseMetadata,
    deployment: Deployment,
    isInstalled: boolean,
  ) {
    this.#context = context;
    this.#clock = clock;
    this.#metadata = metadata;
    this.#deployment = deployment;
    this.#isInstalled = isInstalled;
    for (const { sha256, length } of this.#missing()) this.#progress.set(sha256, { done: 0, total: length });
  }

  #missing(): readonly DeployedApplication[] {
    return this.#deployment.applications.filter(({ sha256, length }) => !this.#context.store.has(sha256, length));
  }

  /** How far it is, over all modules that were missing at the start. */
  progress(): Progress {
    const parts = [...this.#progress.values()];
    return {
      bytesDone: parts.reduce((sum, { done }) => sum + done, 0),
      bytesTotal: parts.reduce((sum, { total }) => sum + total, 0),
    };
  }

  /** Brings what is missing; throws when it can't now, and may be called again. */
  async attempt(onProgress: () => void, signal: AbortSignal): Promise<readonly DownloadReport[]> {
    const { applications } = this.#deployment;
    const isLater = this.#hasAgreed;
    if (!isLater) await this.#agree(signal);
    for (const application of applications) {
      if (this.#context.store.has(application.sha256, application.length)) continue;
      await this.#bring(application, onProgress, signal);
    }
    // Attempts may lie days apart: what is installed now must be signed and fresh now.
    if (isLater) await this.#agree(signal);
    return applications.map((one) => this.#reports.get(one.name) ?? downloadReport(one, 'kept', 0));
  }

  async #agree(signal: AbortSignal): Promise<void> {
    if (this.#isInstalled) return;
    this.#hasAgreed = false;
    const { applications } = this.#deployment;
    if (applications.length > 0) await this.#metadata.refresh(applications.map(targetPath), signal);
    for (const application of applications) requireAgreement(this.#metadata, application);
    this.#hasAgreed = true;
  }

  async #indexOf(
    context: DownloadContext,
    application: DeployedApplication,
    signal: AbortSignal,
  ): Promise<ReleaseIndex | undefined> {
    const known = this.#indexes.get(application.name);
    const askedAt = this.#clock.monotonic();
    if (known !== undefined && !this.#mayImprove(known, application, askedAt)) return known.index;
    try {
      const index = await fetchIndex(context, application, signal);
      this.#indexes.set(application.name, { index: index ?? known?.index, askedAt });
    } catch (error) {
      // A link too bad for the index may still bring the rest of what was begun.
      if (known === undefined) throw error;
    }
    return this.#indexes.get(application.name)?.index;
  }

  /** Whether a newer index may name a delta that costs less than what is still to travel. */
  #mayImprove({ index, askedAt }: KnownIndex, application: DeployedApplication, now: number): boolean {
    if (now - askedAt < indexAgeMsMax) return false;
    const { disk, store, budget, partialDirectory } = this.#context;
    const there = (way: Way): number => bytesThere(disk, partialDirectory, way.sha256);
    return affordableWays(application, index, store, budget, there)[0]?.method !== 'delta';
  }

  async #bring(application: DeployedApplication, onProgress: () => void, signal: AbortSignal): Promise<void> {
    const { sha256 } = application;
    const countBytes = (bytes: number): void => {
      this.#context.countBytes(bytes);
      this.#bytes.set(sha256, (this.#bytes.get(sha256) ?? 0) + bytes);
    };
    const context = { ...this.#context, countBytes };
    const progress = (done: number, total: number): void => {
      this.#progress.set(sha256, { done, total });
      onProgress();
    };
    const index = await this.#indexOf(context, application, signal);
    try {
      const method = await fetchModule(context, application, index, progress, signal);
      this.#reports.set(application.name, downloadReport(application, method, this.#bytes.get(sha256) ?? 0));
    } catch (error) {
      // Every way was spoilt: the next attempt asks anew for ways, and whether the release still stands.
      if (error instanceof DownloadError) {
        this.#indexes.delete(application.name);
        this.#hasAgreed = false;
      }
      throw error;
    }
  }
}
