import type { Clock } from '../../platform/ports.ts';
import type { DeployedLink, LinkReport } from '../../schemas/generated/types.ts';
import { type Exit, exitsOf } from './exits.ts';
import { counted, countNow, type LinkCount, type Times, withModules } from './link-count.ts';
import { closedTo, type IsThere, type LinkAllowance, linkOn, linksThere } from './link-terms.ts';
import { type Flow, usualRate } from './observed-rate.ts';
import { type Period, periodStart } from './period.ts';

/** Where counts survive a restart. */
export interface LinkCounts {
  readonly linkCounts: Readonly<Record<string, LinkCount>>;
  /** Durable when it returns; false when the disk does not take it now. */
  keepLinkCounts(counts: Readonly<Record<string, LinkCount>>): boolean;
}

/** What accounts work with. */
export interface LinkAccountsOptions {
  readonly clock: Pick<Clock, 'after'>;
  readonly counts: LinkCounts;
  readonly times: () => Times;
  /** The interface that leads out now; undefined where none does. */
  readonly wayOut: () => string | undefined;
  /** All that do and that connections can be held to, that one first. */
  readonly interfaces: () => readonly string[];
  /** By the fact that tells it; those that are told by none are. */
  readonly isThere: IsThere;
  /** Called when a link may be taken no more for modules that could be before. */
  readonly onSpent: () => void;
}

/** A power cut takes back no more than this of what was counted: so far a budget may be exceeded by one. */
const unwrittenBytesMax = 64 * 1024;

/** Less than this waits for more: what an idle device says hour by hour must not wear the flash. */
const worthWritingBytes = 4 * 1024;

/** So many are remembered: a deployment that names a link no more may be taken back. */
const countsMax = 64;

/** More than that is written down so soon: a device may have power for seconds at a time. */
const writeMs = 10_000;

/** Counts what goes over the links that the deployment names, and says what of their budgets is left. */
export class LinkAccounts {
  readonly #options: LinkAccountsOptions;
  #links: readonly DeployedLink[] = [];
  #counts: Readonly<Record<string, LinkCount>>;
  #unwritten = 0;
  /** Whether the disk did not take it the last time. */
  #isRefused = false;
  #timer: Disposable | undefined;

  constructor(options: LinkAccountsOptions) {
    this.#options = options;
    this.#counts = options.counts.linkCounts;
  }

  /** What is kept to from now on. */
  setTerms(links: readonly DeployedLink[] = []): void {
    this.#links = links;
    const all = Object.entries(this.#counts);
    if (all.length <= countsMax) return;
    const names = new Set(links.map(({ name }) => name));
    this.#counts = Object.fromEntries(all.filter(([name]) => names.has(name)));
  }

  /** Bytes went over an interface; over the one that leads out where it is not known which. */
  count(bytes: number, via?: string): void {
    if (this.#links.length === 0) return;
    const link = this.#on(via ?? this.#options.wayOut());
    if (link === undefined) return;
    const wasOpen = closedTo(this.#allowance(link)) === undefined;
    this.#counts = { ...this.#counts, [link.name]: counted(this.#counts[link.name], bytes, this.#options.times()) };
    this.#unwritten += bytes;
    this.#writeInTime();
    if (wasOpen && closedTo(this.#allowance(link)) !== undefined) this.#options.onSpent();
  }

  /** Something of a module came over an interface; it is written down with what that took. */
  modulesCame(flow: Flow, via?: string): void {
    const name = this.#on(via ?? this.#options.wayOut())?.name;
    if (name === undefined) return;
    this.#counts = { ...this.#counts, [name]: withModules(this.#counts[name], flow, this.#options.times()) };
  }

  /** Every link that may be there, with what is left of its budget. */
  allowances(): readonly LinkAllowance[] {
    return linksThere(this.#links, this.#options.isThere).map((link) => this.#allowance(link));
  }

  /** The link that leads out now; undefined where it is none of those that are known. */
  wayOut(): LinkAllowance | undefined {
    const link = this.#on(this.#options.wayOut());
    return link && this.#allowance(link);
  }

  /** The interfaces that modules may be held to, the one to take first before the others. */
  exits(): readonly Exit[] {
    return exitsOf(this.#options.interfaces(), this.allowances());
  }

  /** What was counted on each link; undefined where the deployment names none. */
  report(): readonly LinkReport[] | undefined {
    if (this.#links.length === 0) return undefined;
    const out = this.#on(this.#options.wayOut())?.name;
    return this.#links.map((link) => this.#reportOf(link, link.name === out));
  }

  /** Writes down what is counted; goes on counting. */
  flush(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    if (this.#unwritten === 0) return;
    this.#isRefused = !this.#options.counts.keepLinkCounts(this.#counts);
    if (!this.#isRefused) this.#unwritten = 0;
  }

  #on(via: string | undefined): DeployedLink | undefined {
    return linkOn(linksThere(this.#links, this.#options.isThere), via);
  }

  #reportOf({ name, budget }: DeployedLink, leadsOut: boolean): LinkReport {
    const count = this.#counts[name];
    const bitsPerSecond = usualRate(count?.rates);
    return {
      name,
      ...(leadsOut ? { leadsOut } : {}),
      bytes: count?.bytes ?? 0,
      ...(count === undefined ? {} : { since: new Date(count.sinceMs).toISOString() }),
      ...(count?.modulesMs === undefined ? {} : { modulesAt: new Date(count.modulesMs).toISOString() }),
      ...(bitsPerSecond === undefined ? {} : { bitsPerSecond }),
      ...(budget === undefined ? {} : { budget: { used: this.#used(name, budget.per), ...budget } }),
    };
  }

  #used(name: string, per: Period): number {
    return countNow(this.#counts[name]?.[per], per, this.#options.times()).bytes;
  }

  #writeInTime(): void {
    // A disk that takes nothing is not asked for every packet.
    if (this.#unwritten >= unwrittenBytesMax && !this.#isRefused) this.flush();
    else if (this.#unwritten >= worthWritingBytes)
      this.#timer ??= this.#options.clock.after(writeMs, () => {
        this.flush();
        this.#writeInTime();
      });
  }

  #allowance(link: DeployedLink): LinkAllowance {
    const { name, budget } = link;
    if (budget === undefined) return link;
    const { number, bytes } = countNow(this.#counts[name]?.[budget.per], budget.per, this.#options.times());
    const renewsAt = `${new Date(periodStart(budget.per, number + 1)).toISOString().slice(0, 16)}Z`;
    return { ...link, left: Math.max(0, budget.bytes - bytes), renewsAt };
  }
}
