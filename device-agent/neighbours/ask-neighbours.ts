/** Asks neighbours what they have of a module, all at once. */
import { type Clock, type HttpResponse, type Network, NetworkError } from '../../platform/ports.ts';
import type { LinkedModule, NeighbourReport } from '../../schemas/generated/types.ts';
import { restMsAfter } from '../../schemas/neighbour-words.ts';
import { passOver, unpacked } from '../download/answer.ts';
import { Patience } from '../download/patience.ts';
import type { Aside } from './aside.ts';
import { parseWant, wantHeader } from './wants.ts';
import type { Wanter } from './who-fetches.ts';

/** Looks who is on the network: addresses as HOST:PORT. Never rejects. */
export type Discover = (signal: AbortSignal) => Promise<readonly string[]>;

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
  /** Finds others. */
  readonly discover?: Discover;
  /** Those that earlier attempts set aside. */
  readonly aside: readonly Aside[];
}

/** A device that says it has a module. */
export interface Holder {
  readonly device: string;
  readonly address: string;
}

/** What they said, in the order in which it was heard. */
export interface Said {
  readonly holders: readonly Holder[];
  readonly wanters: readonly Wanter[];
  /** When the last of them had answered: who does not is passed over. */
  readonly answeredMs: number;
}

/** Who has not said by then whether it has a module is not asked any more in this attempt. */
const askMsMax = 3_000;

/** Set aside at the same time, as a report has room for; of more the oldest that nobody can name is forgotten first. */
const asideMax = 32;

/** Who comes while somebody is waited for is found so soon. */
const lookAgainMs = 60_000;

/** Those that are asked in one attempt. */
export class AskedNeighbours {
  readonly #options: NeighboursOptions;
  readonly #aside: Map<string, Aside>;
  /** Did not answer in this attempt, or are this device. */
  readonly #absent = new Set<string>();
  /** Broke off in this attempt: a device may have any number of addresses. */
  readonly #left = new Set<string>();
  #found: readonly string[] = [];
  #lookedAt = Number.NEGATIVE_INFINITY;

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

  setAside(who: Pick<Aside, 'address' | 'device' | 'isStranger'>, why: NeighbourReport['why']): void {
    const at = new Date(this.#options.nowMs()).toISOString();
    const untilAt = this.#options.clock.monotonic() + restMsAfter(why);
    this.#aside.set(who.address, { ...who, why, at, untilAt });
    if (this.#aside.size <= asideMax) return;
    const first = [...this.#aside.values()].find((one) => one.device === undefined) ?? [...this.#aside.values()][0];
    if (first !== undefined) this.#aside.delete(first.address);
  }

  #setStrangerAside(address: string): void {
    const isNamed = this.#options.known.includes(address);
    this.setAside({ address, ...(isNamed ? {} : { isStranger: true }) }, 'untrusted');
  }

  /** Asks it for nothing more in this attempt. */
  leave(device: string): void {
    this.#left.add(device);
  }

  /** Whether a device is asked for nothing now, at whatever address. */
  isLeft(device: string): boolean {
    return this.#left.has(device) || [...this.#aside.values()].some((one) => one.device === device);
  }

  async ask(module: LinkedModule, signal: AbortSignal): Promise<Said> {
    const holders: Holder[] = [];
    const wanters: Wanter[] = [];
    const { clock } = this.#options;
    const all = await this.#addresses(signal);
    const asked = all.filter((address) => !this.#aside.has(address) && !this.#absent.has(address));
    const sinceMs = clock.monotonic();
    let answeredMs = 0;
    await Promise.all(
      asked.map(async (address) => {
        const answer = await this.#askOne(address, module.sha256, signal);
        if (answer === undefined) return;
        answeredMs = clock.monotonic() - sinceMs;
        if (answer.device === undefined || this.isLeft(answer.device)) return;
        const { status, headers, device } = answer;
        if (status === 403) this.setAside({ address, device }, 'untrusted');
        if (status === 200 && headers['content-length'] === String(module.length)) holders.push({ device, address });
        const want = status === 404 ? parseWant(headers[wantHeader]) : undefined;
        if (want !== undefined) wanters.push({ device, ...want });
      }),
    );
    return { holders, wanters, answeredMs };
  }

  /** Those that are known, and those that were found a short while ago. */
  async #addresses(signal: AbortSignal): Promise<readonly string[]> {
    const { clock, known, discover } = this.#options;
    if (discover !== undefined && clock.monotonic() - this.#lookedAt >= lookAgainMs) {
      this.#lookedAt = clock.monotonic();
      this.#found = await discover(signal);
    }
    return [...new Set([...known, ...this.#found])];
  }

  /** Undefined where nobody answers, or only this device itself. */
  async #askOne(address: string, sha256: string, signal: AbortSignal): Promise<HttpResponse | undefined> {
    const { clock, device, network } = this.#options;
    using patience = new Patience(clock, askMsMax, askMsMax, signal);
    const url = `https://${address}/sha256/${sha256}`;
    try {
      const answer = await network.request({ method: 'HEAD', url, headers: unpacked }, patience.signal);
      // One that is not heard to its end keeps its connection, and the next question opens another.
      await passOver(answer, () => {});
      if (answer.device !== device) return answer;
      this.#absent.add(address);
    } catch (error) {
      this.#absent.add(address);
      if (error instanceof NetworkError && error.code === 'TLS') this.#setStrangerAside(address);
    }
    return undefined;
  }
}
