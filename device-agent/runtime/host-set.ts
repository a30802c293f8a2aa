import { isDeepStrictEqual } from 'node:util';
import type { Clock, Confinement, Log, Processes, Random } from '../../platform/ports.ts';
import type { SeenApplication } from './app-runtime.ts';
import { HostProcess, type ProcessDeath } from './host-process.ts';
import { holdOf, hostFlags } from './host-terms.ts';
import type { HostPlan } from './placement.ts';
import type { ForHost, Left, OfHost, Usage } from './protocol.ts';
import type { ReadyApplication } from './ready-application.ts';

/** What app hosts are started with. */
export interface HostSetOptions {
  readonly processes: Pick<Processes, 'start'>;
  readonly confinement: Confinement;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The app host's program. */
  readonly hostFile: string;
  /** Given to hosts for the applications' locks and logs. */
  readonly directory: string;
  /** Whether this machine has too few addresses to guard each memory by eight gigabytes of them. */
  readonly hasFewAddresses: boolean;
}

/** Who hears of what hosts say and how they end; each is believed about what it runs, and about nothing else. */
export interface HostSetListener {
  onStates(states: readonly SeenApplication[]): void;
  onUsage(usage: readonly Usage[]): void;
  onTraffic(key: string, message: OfHost): void;
  /** An application runs elsewhere from now on, and what was lost of it here. */
  onLeft(left: Left): void;
  /** A host is not to be used any more. */
  onRetired(key: string): void;
  onDeath(plan: HostPlan<ReadyApplication>, death: ProcessDeath): void;
}

/** Who a host is for. */
interface Residents {
  plan: HostPlan<ReadyApplication>;
  /** Who ran in it and does no more, until it has said what was lost. */
  readonly left: Set<string>;
}

interface Hosting {
  readonly host: HostProcess;
  readonly flags: readonly string[];
  readonly residents: Residents;
}

/** The processes that applications run in, each by the key of its plan. */
export class HostSet {
  readonly #options: HostSetOptions;
  readonly #listener: HostSetListener;
  readonly #hosts = new Map<string, Hosting>();
  /** What leaves its processes while others take over. */
  readonly #leaving = new Set<Promise<void>>();

  constructor(options: HostSetOptions, listener: HostSetListener) {
    this.#options = options;
    this.#listener = listener;
  }

  /** Tells a host; false where there is none by that key. */
  post(key: string, message: ForHost): boolean {
    return this.#hosts.get(key)?.host.post(message) ?? false;
  }

  /** Ends those that no plan is for any more. */
  retain(plans: readonly HostPlan[]): void {
    const keys = new Set(plans.map(({ key }) => key));
    for (const [key, hosting] of this.#hosts) if (!keys.has(key)) this.#retire(key, hosting);
  }

  /** Resolves when those that are to end have ended. */
  async left(): Promise<void> {
    await Promise.all(this.#leaving);
  }

  /** The process for this plan; one whose flags no longer suit what it is to run makes way. */
  of(plan: HostPlan<ReadyApplication>): HostProcess {
    const flags = hostFlags(plan, this.#options.hasFewAddresses);
    const there = this.#hosts.get(plan.key);
    if (there !== undefined && isDeepStrictEqual(there.flags, flags)) {
      settle(there.residents, plan);
      if (there.host.pid !== undefined) this.#options.confinement.hold(there.host.pid, holdOf(plan));
      return there.host;
    }
    if (there !== undefined) this.#retire(plan.key, there);
    const hosting = this.#open(plan, flags);
    this.#hosts.set(plan.key, hosting);
    return hosting.host;
  }

  /** Ends them all. */
  async stop(): Promise<void> {
    await Promise.all([...[...this.#hosts.values()].map(({ host }) => host.stop()), ...this.#leaving]);
  }

  #retire(key: string, hosting: Hosting): void {
    this.#hosts.delete(key);
    settle(hosting.residents, { ...hosting.residents.plan, applications: [] });
    this.#listener.onRetired(key);
    const leaving = hosting.host.stop();
    this.#leaving.add(leaving);
    void leaving.then(() => this.#leaving.delete(leaving));
  }

  #open(plan: HostPlan<ReadyApplication>, flags: readonly string[]): Hosting {
    const { clock, random, log, processes, hostFile, directory } = this.#options;
    const { key } = plan;
    const residents: Residents = { plan, left: new Set() };
    const isHere = ({ name }: { readonly name: string }): boolean =>
      residents.plan.applications.some((one) => one.name === name);
    const host = new HostProcess({
      ...{ clock, random, log, processes, key, flags, file: hostFile, args: [directory] },
      onStart: (pid) => this.#confine(pid, residents.plan),
      onStates: (states) => this.#listener.onStates(states.filter(isHere)),
      onUsage: (usage) => this.#listener.onUsage(usage.filter(isHere)),
      onTraffic: (message) => this.#listener.onTraffic(key, message),
      onLeft: (left) => {
        if (residents.left.delete(left.application)) this.#listener.onLeft(left);
      },
      onDeath: (death) => this.#listener.onDeath(residents.plan, death),
    });
    return { host, flags, residents };
  }

  #confine(pid: number, plan: HostPlan<ReadyApplication>): void {
    const hold = holdOf(plan);
    const without = this.#options.confinement.hold(pid, hold);
    this.#options.log.write('info', 'runtime.host.started', { pid, ...hold, without });
  }
}

/** Another plan is in force, and whom it does not have leaves. */
function settle(residents: Residents, plan: HostPlan<ReadyApplication>): void {
  for (const { name } of residents.plan.applications) residents.left.add(name);
  for (const { name } of plan.applications) residents.left.delete(name);
  residents.plan = plan;
}
