import type { PublicKey } from '../../artifact/trust/keys.ts';
import { makeDirectoryDurably } from '../../platform/durable-file.ts';
import type { Clock, Disk, LineDoors, Network, Random } from '../../platform/ports.ts';
import type { AgentConfiguration, ShadowDesired } from '../../schemas/generated/types.ts';
import { parcelDeltaBytesMax } from '../../schemas/parcel.ts';
import { sha256Hex } from '../../schemas/sha256.ts';
import { readBornRoot } from '../download/born-root.ts';
import { DownloadError } from '../download/download-error.ts';
import { FetchAttempt } from '../download/fetch-deployment.ts';
import type { FetchMemory } from '../download/fetch-memory.ts';
import type { DownloadContext } from '../download/fetch-module.ts';
import { type AgentTime, ReleaseMetadata } from '../download/metadata.ts';
import { noParcel, orderByMessage, orderParcel, withoutParcelsMs } from '../download/parcel.ts';
import { Passage } from '../download/passage.ts';
import { type CountBytes, fetchSmallFile } from '../download/small-file.ts';
import type { UnpackBudget } from '../download/unpack-cost.ts';
import { missingModules, modulesOf } from '../download/wanted.ts';
import type { ModulesCame } from '../links/observed-rate.ts';
import type { Discover } from '../neighbours/ask-neighbours.ts';
import { Delays } from '../neighbours/delays.ts';
import { Neighbours } from '../neighbours/neighbours.ts';
import { type Want, Wants } from '../neighbours/wants.ts';
import type { PreparedStore } from '../runtime/prepare/prepared-store.ts';
import { stateLayout } from '../state-layout.ts';
import { mendIfPossible } from '../storage/mend.ts';
import { ModuleStore } from '../storage/module-store.ts';
import { isMediumFault } from '../storage/unreadable.ts';
import { answerRequest } from './answer-request.ts';
import type { AnswerVerdict, BringErrand, Courier, Failure, Verdict } from './courier.ts';
import { failureOf } from './failure-of.ts';
import type { OrderParcel } from './forwarded-orders.ts';
import { judgeEnvelope, type Unproven } from './judge-envelope.ts';
import { judgeRequest } from './judge-request.ts';
import { judgeTime } from './judge-time.ts';

/** What errands are done with. */
export interface LocalCourierOptions {
  readonly configuration: AgentConfiguration;
  readonly stateDirectory: string;
  readonly disk: Disk;
  readonly network: Network;
  readonly random: Random;
  /** Has the agent of this machine write down what applications printed; absent where nothing waits to be. */
  readonly doors?: Pick<LineDoors, 'ask'>;
  readonly clock: Clock;
  readonly time: AgentTime;
  readonly countBytes: CountBytes;
  readonly orderParcel: OrderParcel;
  /** The interface that leads out now; undefined where none does. */
  readonly wayOut: () => string | undefined;
  readonly modulesCame: ModulesCame;
  /** Called with the digest of a packed form before it is unpacked, and without one when that is over. */
  readonly unpacking?: (sha256?: string) => void;
  /** What was made ready to run, and may have to make room. */
  readonly prepared?: Pick<PreparedStore, 'collect'>;
  /** Asks devices beside this one, and says which one answers; absent where none is asked. */
  readonly lan?: Network;
  /** Looks who is beside this one: addresses as HOST:PORT. Absent where nobody is looked for. */
  readonly discover?: Discover;
  /** Told what is wanted by now. */
  readonly onWants?: (wants: readonly Want[]) => void;
  /** When who may sign deployments vouched for what this network serves. */
  readonly leasedAtMs?: number;
}

const noDoors: Pick<LineDoors, 'ask'> = { ask: () => Promise.reject(new Error('nobody answers aboard')) };

function isUnknown(judgement: unknown): judgement is Extract<Unproven, { readonly kind: 'unknown-signer' }> {
  return (judgement as Unproven).kind === 'unknown-signer';
}

function budgetOf({ unpack = {} }: AgentConfiguration): UnpackBudget {
  const { memoryMegabytesMax = 128, cpuSecondsMax = 60 } = unpack;
  return { memoryBytesMax: memoryMegabytesMax * 1_000_000, cpuSecondsMax };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

/** So long after an envelope whose signer nothing names it is looked again whether something does; a word from the shore ends that. */
const unknownSignerMs = 60 * 60_000;

/** For so long others are tried before an interface over which nothing came: what leads nowhere costs a minute each time. */
const asideMs = 10 * 60_000;

/** A time that was on the way for longer is a floor, and no time. */
const inTimeMs = 60_000;

/** Does errands in this process. */
export class LocalCourier implements Pick<Courier, 'judge' | 'answer' | 'bring'> {
  readonly #options: LocalCourierOptions;
  readonly #controller: string;
  readonly #context: Omit<DownloadContext, 'collect' | 'parcel' | 'passage'>;
  /** What came along with the update that is being brought. */
  #parcel = noParcel;
  #metadata: ReleaseMetadata | undefined;

  constructor(options: LocalCourierOptions) {
    const { configuration, clock, disk, network, countBytes, unpacking = () => {} } = options;
    const { partialDirectory, storeDirectory } = stateLayout(options.stateDirectory);
    makeDirectoryDurably(disk, partialDirectory);
    this.#options = options;
    this.#controller = withoutSlash(configuration.controller);
    this.#context = {
      ...{ clock, disk, network, partialDirectory, countBytes, unpacking, budget: budgetOf(configuration) },
      store: new ModuleStore(disk, storeDirectory),
      artifacts: withoutSlash(configuration.artifacts ?? configuration.controller),
    };
  }

  async judge(desired: ShadowDesired, signal: AbortSignal): Promise<Verdict> {
    try {
      const envelope = await this.#envelope(desired, signal);
      const metadata = this.#openMetadata();
      const { device } = this.#options.configuration;
      const judgement = await this.#judged((keys) => judgeEnvelope(envelope, keys, device), signal);
      if (judgement.kind !== 'genuine') return judgement;
      metadata.raiseTime(Date.parse(judgement.deployment.issuedAt));
      return { ...judgement, envelope };
    } catch (error) {
      return failureOf(error);
    }
  }

  async answer(envelope: string, signal: AbortSignal): Promise<AnswerVerdict> {
    const { configuration, stateDirectory, disk, clock, random, doors, time } = this.#options;
    const { device } = configuration;
    const nowMs = (): number => time.nowMs();
    try {
      const judge = (keys: readonly PublicKey[]) => judgeRequest(envelope, keys, device, nowMs());
      const judgement = await this.#judged(judge, signal);
      if (judgement.kind !== 'genuine') return judgement;
      const socket = doors && (configuration.socket ?? stateLayout(stateDirectory).socketPath);
      const place = { stateDirectory, socket };
      await answerRequest({ disk, clock, random, nowMs, doors: doors ?? noDoors, signal }, place, judgement.request);
      return { kind: 'answered', id: judgement.request.id };
    } catch (error) {
      return failureOf(error);
    }
  }

  /** With the keys that are known; if none of them signed it, with those that newer metadata names. */
  async #judged<G>(
    judge: (keys: readonly PublicKey[]) => G | Unproven,
    signal: AbortSignal,
  ): Promise<G | Extract<Unproven, { readonly kind: 'refused' }> | Failure> {
    const metadata = this.#openMetadata();
    let judgement = judge(metadata.deploymentKeys());
    if (isUnknown(judgement)) {
      await metadata.refresh([], signal);
      judgement = judge(metadata.deploymentKeys());
    }
    // What names its key may come yet, from a cache in between that is behind.
    if (isUnknown(judgement))
      return { kind: 'failed', problem: judgement.problem, isLink: false, retryAfterMs: unknownSignerMs };
    return judgement as G | Extract<Unproven, { readonly kind: 'refused' }>;
  }

  async bring(...[errand, onProgress, signal]: Parameters<Courier['bring']>): ReturnType<Courier['bring']> {
    let attempt: FetchAttempt | undefined;
    let { parcelHungAt } = errand.memory;
    const wants = new Wants(this.#options.clock, this.#options.onWants ?? (() => {}));
    const neighbours = this.#openNeighbours(errand, wants);
    const exitsAside = { ...errand.memory.exitsAside };
    const learnt = (): FetchMemory => {
      const memory = { ...(attempt?.memory() ?? errand.memory), ...neighbours.memory(), exitsAside };
      return { ...memory, ...(parcelHungAt === undefined ? {} : { parcelHungAt }) };
    };
    try {
      const collect = (): void => this.#collect(errand);
      const passage = this.#openPassage(errand, exitsAside);
      const { isOffLink = false } = errand;
      if (!isOffLink && (await this.#order(errand, passage, signal))) parcelHungAt = this.#options.clock.monotonic();
      const context = { ...this.#context, collect, parcel: this.#parcel, passage };
      attempt = new FetchAttempt(
        context,
        { neighbours, wants },
        this.#options.clock,
        () => this.#openMetadata(),
        errand,
      );
      const downloads = await (isOffLink
        ? attempt.takeFromNeighbours(onProgress, signal)
        : attempt.run(onProgress, signal));
      return { memory: learnt(), result: { kind: 'brought', downloads } };
    } catch (error) {
      if (isMediumFault(error)) mendIfPossible(() => this.#forgetPartials());
      return { memory: learnt(), result: failureOf(error) };
    } finally {
      this.#parcel = noParcel;
      wants.rest();
    }
  }

  /** `aside` has interfaces over which nothing came, until when, and takes those over which nothing comes. */
  #openPassage({ links = [], exits = [] }: BringErrand, aside: Record<string, number>): Passage {
    const { clock, wayOut, modulesCame } = this.#options;
    const now = clock.monotonic();
    const isAside = (exit: string): boolean => (aside[exit] ?? now) > now;
    const inOrder = [...exits.filter((exit) => !isAside(exit)), ...exits.filter(isAside)];
    const onFailed = (exit: string): void => {
      aside[exit] = clock.monotonic() + asideMs;
    };
    return new Passage({ links, wayOut, exits: inOrder, came: modulesCame, onFailed });
  }

  #openNeighbours({ memory, deployment, isOffLink }: BringErrand, wants: Wants): Neighbours {
    const { configuration, clock, time, network, lan, discover } = this.#options;
    const { device, neighbours = {} } = configuration;
    const known = lan === undefined ? [] : (neighbours.known ?? []);
    const looking = lan === undefined || discover === undefined ? {} : { discover };
    const asking = { network: lan ?? network, clock, nowMs: () => time.nowMs(), device, known, ...looking };
    const { aside = [], delayedMs = {} } = memory;
    const bytes = modulesOf(deployment).reduce((sum, { length }) => sum + length, 0);
    const delays = new Delays(delayedMs, isOffLink === true ? Number.POSITIVE_INFINITY : bytes);
    return new Neighbours({ ...asking, aside, delays }, wants);
  }

  /** Has what an update needs besides its modules come, where it is to be agreed upon first and there is something to bring; whether that hung. */
  async #order(
    { deployment, isInstalled, memory }: BringErrand,
    passage: Passage,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { clock, network, store, artifacts, countBytes } = this.#context;
    const lacking = missingModules(store, deployment);
    if (isInstalled || memory.hasAgreed || lacking.length === 0) return false;
    const has = this.#openMetadata().held(modulesOf(deployment).map(({ name }) => name));
    // Indexes lie where artifacts do, which may be elsewhere.
    const releases = artifacts === this.#controller ? lacking.map(({ name, version }) => `${name}/${version}`) : [];
    const mayComeAlong = passage.carries('delta', releases.length * parcelDeltaBytesMax);
    const order = { server: this.#controller, has, releases, modules: mayComeAlong ? store.list() : [] };
    const byMessage = await orderByMessage(this.#options.orderParcel, order, countBytes);
    if (byMessage !== undefined || this.#isWithoutParcels(memory)) {
      this.#parcel = byMessage ?? noParcel;
      return false;
    }
    const { parcel, isHung } = await orderParcel({ network, clock, countBytes }, order, signal);
    this.#parcel = parcel;
    return isHung;
  }

  #isWithoutParcels({ parcelHungAt }: FetchMemory): boolean {
    return parcelHungAt !== undefined && this.#options.clock.monotonic() - parcelHungAt < withoutParcelsMs;
  }

  #openMetadata(): ReleaseMetadata {
    const { configuration, stateDirectory, disk, network, time, countBytes, leasedAtMs } = this.#options;
    this.#metadata ??= new ReleaseMetadata({
      ...{ disk, network, time, countBytes, server: this.#controller, parcel: () => this.#parcel },
      directory: stateLayout(stateDirectory).trustDirectory,
      readBornRoot: () => readBornRoot(disk, configuration.trustRoot),
      ...(leasedAtMs === undefined ? {} : { leasedAtMs }),
    });
    return this.#metadata;
  }

  /** The keys that may sign deployments, by the newest metadata that it can get. Rejects where it gets none. */
  async deploymentKeys(signal: AbortSignal): Promise<readonly PublicKey[]> {
    await this.#openMetadata().refresh([], signal);
    return this.#openMetadata().deploymentKeys();
  }

  /** What the controller signed of the time, as the answer to what was asked so long ago; nothing where that can't be told. */
  hearTime(envelope: string, challenge: string, askedMsAgo: number): void {
    const { device } = this.#options.configuration;
    try {
      const metadata = this.#openMetadata();
      const atMs = judgeTime(envelope, metadata.deploymentKeys(), { device, challenge });
      if (atMs === undefined || !metadata.raiseTime(atMs)) return;
      if (askedMsAgo <= inTimeMs) this.#options.time.heard(atMs);
    } catch {
      // Metadata that can't be read, or is not there yet, vouches for nobody.
    }
  }

  /** Another courier may have brought newer metadata. */
  forgetMetadata(): void {
    this.#metadata = undefined;
  }

  #collect({ held }: BringErrand): void {
    if (held === undefined) return;
    this.#context.store.collect(new Set(held));
    this.#options.prepared?.collect(new Set(held));
  }

  /** A download that the disk can't read any more starts over: whichever it was. */
  #forgetPartials(): void {
    const { disk, partialDirectory } = this.#context;
    for (const name of disk.list(partialDirectory)) disk.remove(`${partialDirectory}/${name}`);
  }

  async #envelope({ envelope, blob }: ShadowDesired, signal: AbortSignal): Promise<string> {
    if (envelope !== undefined || blob === undefined) return envelope ?? '';
    const { network, artifacts, countBytes } = this.#context;
    const bytes = await fetchSmallFile(network, `${artifacts}/sha256/${blob.sha256}`, blob.length, countBytes, signal);
    if (bytes === undefined) throw new DownloadError('ARTIFACT_MISSING', 'the server does not have the deployment');
    if (bytes.length !== blob.length || sha256Hex(bytes) !== blob.sha256) {
      throw new DownloadError('ARTIFACT_DAMAGED', 'the deployment does not have the digest that the shadow names');
    }
    return Buffer.from(bytes).toString('utf8');
  }
}
