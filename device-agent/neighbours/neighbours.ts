/** Takes modules from devices beside this one. What comes from there counts when its digest is right, and not before. */
import { makeDirectoryDurably } from '../../platform/durable-file.ts';
import { type HttpResponse, type Network, NetworkError } from '../../platform/ports.ts';
import type { LinkedModule, NeighbourReport } from '../../schemas/generated/types.ts';
import { passOver } from '../download/answer.ts';
import { DownloadError } from '../download/download-error.ts';
import type { FetchMemory } from '../download/fetch-memory.ts';
import { type DownloadContext, requireRoom } from '../download/fetch-module.ts';
import { bytesThere } from '../download/partial-file.ts';
import type { Toll } from '../download/passage.ts';
import { Patience } from '../download/patience.ts';
import { downloadBlob } from '../download/range-download.ts';
import { AskedNeighbours, type Holder, type NeighboursOptions, type Said } from './ask-neighbours.ts';
import type { Delays } from './delays.ts';
import { Leeway } from './leeway.ts';
import { Waits } from './waits.ts';
import type { Wants } from './wants.ts';
import { type Wanter, waitsFor } from './who-fetches.ts';

/** Told how far the module is. */
type Progress = (bytesDone: number, bytesTotal: number) => void;

/** Answers that take longer hold up. */
const slowMs = 1_000;

/** How often it is looked how far somebody is. */
const askAgainMs = 2_000;

/** Who sends nothing for this long is left. */
const silentMsMax = 10_000;

/** For a whole module: so much, and what it takes at a pace below that of any network that is near. */
const takeMsLeast = 30_000;
const bytesPerSecondLeast = 16 * 1024;

/** A network of the site is none of the links that cost. */
const free: Toll = {
  exit: () => undefined,
  failed: () => false,
  ask: () => Number.POSITIVE_INFINITY,
  took: () => {},
  came: () => {},
};

/** What it says is not there, or is busy, it is not blamed for. */
const blameless: readonly string[] = ['ARTIFACT_MISSING', 'SERVER_BUSY'] satisfies DownloadError['code'][];

/** What somebody did who did not send what it said it has; undefined where nobody is to blame. */
function blame(error: unknown, patience: Patience): NeighbourReport['why'] | undefined {
  if (patience.isOver) return 'too-slow';
  if (error instanceof DownloadError) return blameless.includes(error.code) ? undefined : 'wrong-bytes';
  if (error instanceof NetworkError) return error.code === 'TLS' ? 'untrusted' : undefined;
  throw error;
}

/** What is awaited. */
interface Awaiting {
  /** What this device has of it, which came over the link. */
  readonly done: number;
  readonly progress: Progress;
  /** Told again and again who is waited for. */
  readonly onWait: (device: string) => void;
}

/** From whom a module came, and who has it and was busy. */
interface Took {
  readonly from?: string;
  readonly busy: readonly string[];
}

/** What the next attempt should know. */
type NeighbourMemory = Required<Pick<FetchMemory, 'aside' | 'delayedMs'>>;

/** One attempt's dealings with neighbours. */
export class Neighbours {
  readonly #options: NeighboursOptions;
  readonly #asked: AskedNeighbours;
  readonly #wants: Wants;
  readonly #delays: Delays;
  /** What may still be spent on each module, by its digest. */
  readonly #leeways = new Map<string, Leeway>();

  constructor(options: NeighboursOptions & { readonly delays: Delays }, wants: Wants) {
    this.#options = options;
    this.#asked = new AskedNeighbours(options);
    this.#wants = wants;
    this.#delays = options.delays;
  }

  memory(): NeighbourMemory {
    return { aside: this.#asked.aside(), delayedMs: this.#delays.byModule() };
  }

  #leewayOf({ disk, partialDirectory }: DownloadContext, module: LinkedModule): Leeway {
    const { isBounded } = this.#delays;
    const leeway = this.#leeways.get(module.sha256) ?? new Leeway(disk, partialDirectory, module, isBounded);
    this.#leeways.set(module.sha256, leeway);
    return leeway;
  }

  /**
   * Brings a module into the store from whoever has it, and gives that device; undefined where it is to come another way. Rejects
   * for faults of this device alone.
   */
  async bring(
    context: DownloadContext,
    module: LinkedModule,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    if (this.#delays.isEnough || !this.#leewayOf(context, module).isLeft) return undefined;
    const { holders } = await this.#ask(module, signal);
    return (await this.#takeFrom(holders, context, module, progress, signal)).from;
  }

  /**
   * The same, and where nobody has it waits while one fetches it who gets on; undefined where this device is to fetch it.
   */
  async await(
    context: DownloadContext,
    module: LinkedModule,
    { done, progress, onWait }: Awaiting,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { sha256 } = module;
    const { clock, device } = this.#options;
    const waits = new Waits();
    const leeway = this.#leewayOf(context, module);
    // Said before the others are asked: of two that begin at once each hears of the other.
    this.#wants.wanted(sha256, done);
    while (!signal.aborted && !this.#delays.isEnough && leeway.isLeft) {
      const sinceMs = clock.monotonic();
      const { holders, wanters } = await this.#ask(module, signal);
      const took = await this.#takeFrom(holders, context, module, progress, signal);
      if (took.from !== undefined) return took.from;
      // Who is busy gives others what it has: it is waited for as for one that says it fetches, and gets no further.
      const busy = took.busy.map((one): Wanter => ({ device: one, done: 0, isFetching: true }));
      const gettingOn = waits.gettingOn([...wanters, ...busy], clock.monotonic());
      const first = waitsFor(device, done, gettingOn, sha256);
      if (first === undefined || !leeway.mayWait(first.isFetching)) break;
      if (!(await this.#wait(module, first, signal))) break;
      // What answers took meanwhile counts too.
      leeway.waited(clock.monotonic() - sinceMs, first.isFetching);
      onWait(first.device);
    }
    return undefined;
  }

  async #ask(module: LinkedModule, signal: AbortSignal): Promise<Said> {
    const said = await this.#asked.ask(module, signal);
    if (said.answeredMs >= slowMs) this.#delays.add(module.sha256, said.answeredMs);
    return said;
  }

  /** Lets some time pass; false where the module was waited for as long as may be. */
  async #wait(module: LinkedModule, { isFetching }: Wanter, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#options;
    if (isFetching && this.#delays.isEnoughOf(module)) return false;
    const sinceMs = clock.monotonic();
    await clock.sleep(askAgainMs, signal).catch(() => {});
    // All who have no link wait for each other in vain: once it is back, one of them is waited for all the same.
    if (isFetching) this.#delays.add(module.sha256, clock.monotonic() - sinceMs);
    return true;
  }

  async #takeFrom(
    holders: readonly Holder[],
    context: DownloadContext,
    module: LinkedModule,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<Took> {
    const busy: string[] = [];
    const leeway = this.#leewayOf(context, module);
    for (const holder of this.#begunFirst(context, holders)) {
      if (signal.aborted || !leeway.isLeft) break;
      if (this.#asked.isLeft(holder.device)) continue;
      leeway.take(this.#hasBegun(context, module, holder));
      const sinceMs = this.#options.clock.monotonic();
      const result = await this.#take(context, module, holder, progress, signal);
      if (result === 'took') {
        this.#leaveBegun(context);
        leeway.end();
        this.#wants.there(module.sha256);
        return { from: holder.device, busy };
      }
      this.#delays.add(module.sha256, this.#options.clock.monotonic() - sinceMs);
      if (result !== 'busy') continue;
      leeway.takeBack();
      busy.push(holder.device);
    }
    return { busy };
  }

  async #take(
    context: DownloadContext,
    module: LinkedModule,
    holder: Holder,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<'took' | 'busy' | 'not'> {
    const wholeMsMax = takeMsLeast + (module.length / bytesPerSecondLeast) * 1000;
    using patience = new Patience(this.#options.clock, silentMsMax, wholeMsMax, signal);
    try {
      await this.#download(context, module, holder, progress, patience);
      return 'took';
    } catch (error) {
      if (error instanceof DownloadError && error.code === 'DISK_FULL') return 'not';
      const why = blame(error, patience);
      if (why !== undefined) this.#asked.setAside(holder, why);
      if (why === 'wrong-bytes') this.#leaveBegun(context);
      if (error instanceof DownloadError && error.code === 'SERVER_BUSY') return 'busy';
      // It may have lost its power. One that means harm would have this device write what it sends again and again.
      this.#asked.leave(holder.device);
      return 'not';
    }
  }

  async #download(
    context: DownloadContext,
    module: LinkedModule,
    { device, address }: Holder,
    progress: Progress,
    patience: Patience,
  ): Promise<void> {
    const { clock, disk, store } = context;
    const { sha256, length } = module;
    const directory = `${directoryOf(context)}/${device}`;
    makeDirectoryDurably(disk, directory);
    requireRoom({ ...context, partialDirectory: directory }, { method: 'whole', sha256, length }, module);
    let done = 0;
    const countBytes = (bytes: number): void => {
      patience.heard();
      done += bytes;
      progress(Math.min(done, length), length);
    };
    const network: Network = { request: (request, signal) => this.#from(device, request, signal) };
    const blob = { url: `https://${address}/sha256/${sha256}`, sha256, length };
    const part = await downloadBlob(
      { clock, disk, network },
      directory,
      blob,
      { countBytes, toll: free },
      patience.signal,
    );
    store.adopt(part.path, sha256);
    part.discard();
  }

  /** An answer of this very device: what another one sends is not its fault. */
  async #from(device: string, request: Parameters<Network['request']>[0], signal: AbortSignal): Promise<HttpResponse> {
    const response = await this.#options.network.request(request, signal);
    if (response.device === device) return response;
    await passOver(response, () => {});
    throw new NetworkError('CUT', `${new URL(request.url).host} is another device by now`);
  }

  /** Where something was begun it goes on; once another one gives, nothing else that was begun stays: what liars send never fills the disk. */
  #begunFirst(context: DownloadContext, holders: readonly Holder[]): readonly Holder[] {
    if (holders.length === 0) return [];
    const { disk } = context;
    const directory = directoryOf(context);
    const begun = disk.stat(directory) === undefined ? [] : disk.list(directory);
    const first = holders.find(({ device }) => begun.includes(device));
    for (const name of begun) if (name !== first?.device) disk.remove(`${directory}/${name}`);
    return first === undefined ? holders : [first, ...holders.filter((holder) => holder !== first)];
  }

  #hasBegun(context: DownloadContext, { sha256 }: LinkedModule, { device }: Holder): boolean {
    return bytesThere(context.disk, `${directoryOf(context)}/${device}`, sha256) > 0;
  }

  #leaveBegun(context: DownloadContext): void {
    context.disk.remove(directoryOf(context));
  }
}

/** What was begun of neighbours lies apart from what travelled over a link: a liar's bytes never spoil dear ones. */
function directoryOf({ partialDirectory }: DownloadContext): string {
  return `${partialDirectory}/neighbours`;
}
