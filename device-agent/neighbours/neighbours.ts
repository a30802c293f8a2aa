/** Takes modules from devices beside this one. What comes from there counts when its digest is right, and not before. */
import { makeDirectoryDurably } from '../../platform/durable-file.ts';
import { type Clock, type HttpResponse, type Network, NetworkError } from '../../platform/ports.ts';
import type { LinkedModule, NeighbourReport } from '../../schemas/generated/types.ts';
import { restMsAfter } from '../../schemas/neighbour-words.ts';
import { unpacked } from '../download/answer.ts';
import { DownloadError } from '../download/download-error.ts';
import { type DownloadContext, requireRoom } from '../download/fetch-module.ts';
import type { Toll } from '../download/passage.ts';
import { Patience } from '../download/patience.ts';
import { downloadBlob } from '../download/range-download.ts';
import type { Aside } from './aside.ts';

/** By what neighbours are asked. */
export interface NeighboursOptions {
  /** Asks devices of this fleet, and says which one answers. */
  readonly network: Network;
  readonly clock: Clock;
  /** By the agent's time. */
  readonly nowMs: () => number;
  /** This device. */
  readonly device: string;
  /** Addresses as HOST:PORT. */
  readonly known: readonly string[];
  /** Those that earlier attempts set aside. */
  readonly aside: readonly Aside[];
}

/** A device that says it has a module. */
interface Holder {
  readonly device: string;
  readonly address: string;
}

/** Told how far the module is. */
type Progress = (bytesDone: number, bytesTotal: number) => void;

/** Who has not said by then whether it has a module is not asked any more in this attempt. */
const askMsMax = 3_000;

/** Who sends nothing for this long is left. */
const silentMsMax = 10_000;

/** For a whole module: so much, and what it takes at a pace below that of any network that is near. */
const takeMsLeast = 30_000;
const bytesPerSecondLeast = 16 * 1024;

/** A network of the site is none of the links that cost. */
const free: Toll = { ask: () => Number.POSITIVE_INFINITY, took: () => {} };

/** What it says is not there, or is busy, it is not blamed for. */
const blameless: readonly string[] = ['ARTIFACT_MISSING', 'SERVER_BUSY'] satisfies DownloadError['code'][];

/** What somebody did who did not send what it said it has; undefined where nobody is to blame. */
function blame(error: unknown, patience: Patience): NeighbourReport['why'] | undefined {
  if (patience.isOver) return 'too-slow';
  if (error instanceof DownloadError) return blameless.includes(error.code) ? undefined : 'wrong-bytes';
  if (error instanceof NetworkError) return error.code === 'TLS' ? 'untrusted' : undefined;
  throw error;
}

/** One attempt's dealings with neighbours. */
export class Neighbours {
  readonly #options: NeighboursOptions;
  readonly #aside: Map<string, Aside>;
  /** Did not answer in this attempt. */
  readonly #absent = new Set<string>();

  constructor(options: NeighboursOptions) {
    const now = options.clock.monotonic();
    this.#options = options;
    this.#aside = new Map(
      options.aside.filter(({ untilAt }) => untilAt > now).map((one) => [one.address, one] as const),
    );
  }

  /** Those that are set aside now. */
  aside(): readonly Aside[] {
    return [...this.#aside.values()];
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
    for (const holder of this.#begunFirst(context, await this.#holders(module, signal))) {
      if (signal.aborted) return undefined;
      if (await this.#take(context, module, holder, progress, signal)) {
        this.#leaveBegun(context);
        return holder.device;
      }
    }
    return undefined;
  }

  /** Who says that it has a module, in the order in which that is heard. */
  async #holders(module: LinkedModule, signal: AbortSignal): Promise<readonly Holder[]> {
    const holders: Holder[] = [];
    const asked = this.#options.known.filter((address) => !this.#aside.has(address) && !this.#absent.has(address));
    await Promise.all(
      asked.map(async (address) => {
        const device = await this.#holderAt(address, module, signal);
        if (device !== undefined) holders.push({ device, address });
      }),
    );
    return holders;
  }

  async #holderAt(address: string, module: LinkedModule, signal: AbortSignal): Promise<string | undefined> {
    const { clock, device: own } = this.#options;
    using patience = new Patience(clock, askMsMax, askMsMax, signal);
    try {
      const { status, headers, device } = await this.#request('HEAD', address, module.sha256, {}, patience.signal);
      if (device === own) this.#absent.add(address);
      const has = status === 200 && headers['content-length'] === String(module.length);
      return has && device !== own ? device : undefined;
    } catch (error) {
      this.#absent.add(address);
      if (error instanceof NetworkError && error.code === 'TLS') this.#setAside({ address }, 'untrusted');
      return undefined;
    }
  }

  #request(
    method: 'HEAD' | 'GET',
    address: string,
    sha256: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    const url = `https://${address}/sha256/${sha256}`;
    return this.#options.network.request({ method, url, headers: { ...unpacked, ...headers } }, signal);
  }

  async #take(
    context: DownloadContext,
    module: LinkedModule,
    holder: Holder,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<boolean> {
    const wholeMsMax = takeMsLeast + (module.length / bytesPerSecondLeast) * 1000;
    using patience = new Patience(this.#options.clock, silentMsMax, wholeMsMax, signal);
    try {
      await this.#download(context, module, holder, progress, patience);
      return true;
    } catch (error) {
      if (error instanceof DownloadError && error.code === 'DISK_FULL') return false;
      const why = blame(error, patience);
      if (why !== undefined) this.#setAside(holder, why);
      if (why === 'wrong-bytes') this.#leaveBegun(context);
      return false;
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
    throw new NetworkError('CUT', `${new URL(request.url).host} is another device by now`);
  }

  /** Where something was begun it goes on; nothing else that was begun stays, so that what liars send never fills the disk. */
  #begunFirst(context: DownloadContext, holders: readonly Holder[]): readonly Holder[] {
    const { disk } = context;
    const directory = directoryOf(context);
    const begun = disk.stat(directory) === undefined ? [] : disk.list(directory);
    const first = holders.find(({ device }) => begun.includes(device));
    for (const name of begun) if (name !== first?.device) disk.remove(`${directory}/${name}`);
    return first === undefined ? holders : [first, ...holders.filter((holder) => holder !== first)];
  }

  #leaveBegun(context: DownloadContext): void {
    context.disk.remove(directoryOf(context));
  }

  #setAside(who: Pick<NeighbourReport, 'address' | 'device'>, why: NeighbourReport['why']): void {
    const at = new Date(this.#options.nowMs()).toISOString();
    const untilAt = this.#options.clock.monotonic() + restMsAfter(why);
    this.#aside.set(who.address, { address: who.address, ...(who.device && { device: who.device }), why, at, untilAt });
  }
}

/** What was begun of neighbours lies apart from what travelled over a link: a liar's bytes never spoil dear ones. */
function directoryOf({ partialDirectory }: DownloadContext): string {
  return `${partialDirectory}/neighbours`;
}
