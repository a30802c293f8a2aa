import { isDeepStrictEqual } from 'node:util';
import type { HostDeath } from '../../schemas/generated/types.ts';
import type { Answered, AppRuntime, RunnableApplication, SeenApplication } from './app-runtime.ts';
import type { ProcessDeath } from './host-process.ts';
import { HostSet, type HostSetOptions } from './host-set.ts';
import type { DoorPlace } from './http/http-relay.ts';
import { LostEvents } from './lost-events.ts';
import { type HostPlan, ownProcessReason, placement } from './placement.ts';
import type { PreparedModules, Readiness } from './prepare/readiness.ts';
import { type HostedApplication, type Left, messageMax, processMax, type Usage } from './protocol.ts';
import {
  type DeviceGrants,
  type ReadyApplication as Ready,
  readinessOf,
  readyApplication,
} from './ready-application.ts';
import { Rest } from './rest.ts';
import { judgeDeath, noSuspicion, reviewSuspicion, type Suspicion } from './suspicion.ts';
import { Traffic, type TrafficOptions } from './traffic.ts';
import { usageReport } from './usage-report.ts';

/** What the supervisor's end of the app hosts needs. */
export interface RuntimeOptions extends DeviceGrants, HostSetOptions {
  readonly prepared: Pick<PreparedModules, 'ready'>;
  /** Where requests for applications come in; undefined where the integrator gave no port. */
  readonly door?: DoorPlace;
}

/** Runs applications in app hosts: one process for each class, and one for each application that can't share. */
export class SupervisedRuntime implements AppRuntime {
  readonly #options: RuntimeOptions;
  readonly #handlers: (() => void)[] = [];
  readonly #hosts: HostSet;
  #wanted: readonly RunnableApplication[] = [];
  #ready: readonly Ready[] = [];
  #reports = new Map<string, SeenApplication>();
  #usage = new Map<string, Usage>();
  /** What had come to its end under a host before: the next one is not told of it, lest it run again. */
  readonly #settled = new Set<string>();
  readonly #rest: Rest;
  readonly #lost = new LostEvents();
  readonly #traffic: Traffic;
  #suspicion: Suspicion = noSuspicion;
  #death: HostDeath | undefined;
  #deaths = 0;
  #isStopped = false;

  constructor(options: RuntimeOptions) {
    this.#options = options;
    this.#rest = new Rest(options);
    this.#hosts = this.#openHosts();
    const post: TrafficOptions['post'] = (key, message) => this.#hosts.post(key, message);
    const onDropped: TrafficOptions['onDropped'] = (counts) => {
      for (const [name, count] of Object.entries(counts)) this.#lost.add(name, count);
      this.#changed();
    };
    this.#traffic = new Traffic({ ...options, post, onDropped, onFault: () => this.#changed() });
  }

  async apply(applications: readonly RunnableApplication[]): Promise<void> {
    const unchanged = this.#welcome(applications);
    this.#wanted = applications;
    this.#suspicion = reviewSuspicion(this.#suspicion, unchanged, this.#options.clock.monotonic());
    this.#changed();
    const answers = await readinessOf(this.#options.prepared, applications);
    if (this.#wanted !== applications || this.#isStopped) return;
    this.#ready = [];
    for (const [at, one] of applications.entries()) this.#ready = [...this.#ready, ...this.#readied(one, answers[at]!)];
    await this.#arrange();
    this.#changed();
  }

  /** Nothing where it is refused, which its report then says. */
  #readied(application: RunnableApplication, answers: readonly Readiness[]): readonly Ready[] {
    const refusal = this.#traffic.refusal(application);
    if (refusal !== undefined) return this.#refuse(application, refusal);
    const ready = readyApplication(application, answers, this.#options, this.#ready);
    return 'refusal' in ready ? this.#refuse(application, ready.refusal) : [ready];
  }

  states(): readonly SeenApplication[] {
    return this.#wanted
      .map((application) => this.#report(application))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  lastDeath(): HostDeath | undefined {
    return this.#death;
  }

  ask(application: string, path: string): Promise<Answered> {
    return this.#traffic.probe(application, path);
  }

  call(application: string, name: string): Promise<Answered> {
    return this.#traffic.call(application, name);
  }

  writeLog(application: string): void {
    this.#traffic.writeLog(application);
  }

  onChange(handler: () => void): void {
    this.#handlers.push(handler);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#rest.clear();
    this.#traffic.stop();
    await this.#hosts.stop();
  }

  #openHosts(): HostSet {
    return new HostSet(this.#options, {
      onStates: (states) => {
        for (const report of states) this.#take(report);
        this.#changed();
      },
      onUsage: (usage) => {
        for (const one of usage) this.#usage.set(one.name, one);
      },
      onTraffic: (key, message) => this.#traffic.carry(key, message),
      onLeft: (left) => this.#left(left),
      onRetired: (key) => this.#traffic.died(key),
      onDeath: (plan, death) => this.#died(plan, death),
    });
  }

  /** What an application lost where it ran before counts where it runs now. */
  #left({ application, dropped }: Left): void {
    if (this.#isStopped || !this.#reports.has(application)) return;
    this.#options.log.write('warn', 'runtime.events.left', { application, dropped });
    this.#lost.add(application, dropped);
    this.#changed();
  }

  /** Begins new reports for what is new or changed; the names of the rest. */
  #welcome(applications: readonly RunnableApplication[]): ReadonlySet<string> {
    const before = new Map(this.#wanted.map((application) => [application.name, application]));
    const unchanged = new Set<string>();
    const names = new Set(applications.map(({ name }) => name));
    for (const name of this.#reports.keys()) if (!names.has(name)) this.#forget(name);
    for (const application of applications) {
      const { name } = application;
      if (isDeepStrictEqual(application, before.get(name))) unchanged.add(name);
      else {
        this.#forget(name);
        this.#reports.set(name, this.#fresh(application, 0));
      }
    }
    return unchanged;
  }

  #forget(name: string): void {
    this.#reports.delete(name);
    this.#settled.delete(name);
    this.#rest.forget(name);
    this.#usage.delete(name);
    this.#lost.forget(name);
  }

  #refuse(application: RunnableApplication, message: string): [] {
    this.#reports.set(application.name, {
      ...this.#fresh(application, 0),
      state: 'failed',
      message: message.slice(0, messageMax),
    });
    return [];
  }

  /** Tells every host what it has to run by now; resolves when what is old has ended and what is new was started. */
  async #arrange(): Promise<void> {
    if (this.#isStopped) return;
    const running = this.#ready.filter(({ name }) => !this.#settled.has(name) && !this.#rest.has(name));
    const plans = placement(running, this.#suspicion);
    this.#hosts.retain(plans);
    this.#traffic.arrange(plans);
    await Promise.all([
      this.#hosts.left(),
      ...plans.map((plan) => {
        const applications = plan.applications.map((one) => this.#hosted(one));
        return this.#hosts.of(plan).apply(applications, this.#traffic.readElsewhere(plan.key));
      }),
    ]);
  }

  #hosted(application: Ready): HostedApplication {
    const { ownProcess: _reasons, ...rest } = application;
    return { ...rest, restarts: this.#reports.get(application.name)?.restarts ?? 0 };
  }

  /** Only of what is wanted, in the version that is wanted: a host may still speak of what it is about to stop. */
  #take(report: SeenApplication): void {
    const wanted = this.#wanted.find(({ name }) => name === report.name);
    if (wanted?.version !== report.version || report.state === 'stopped') return;
    this.#reports.set(report.name, report);
    if (report.state === 'completed' || report.state === 'failed') this.#settled.add(report.name);
    if (report.state === 'running') this.#rest.began(report.name);
  }

  #died({ key, applications }: HostPlan<Ready>, { ending, how, executing }: ProcessDeath): void {
    this.#traffic.died(key);
    const residents = applications.filter(({ name }) => !this.#settled.has(name));
    const isActive = ({ name }: Ready): boolean => this.#reports.get(name)?.state !== 'backoff';
    const death = {
      ...{ ending, executing, atMs: this.#options.clock.monotonic() },
      residents: residents.filter(isActive).map(({ name }) => name),
    };
    const { suspects, suspicion } = judgeDeath(death, this.#suspicion);
    this.#suspicion = suspicion;
    this.#deaths += 1;
    this.#death = {
      ...{ at: this.#stamp(), host: key, how, suspects: [...suspects], count: this.#deaths },
      applications: residents.map(({ name }) => {
        return { name, was: name === executing ? 'executing' : (this.#reports.get(name)?.state ?? 'starting') };
      }),
    };
    for (const application of residents) {
      const { name } = application;
      const report = this.#reports.get(name);
      this.#lost.died(application, report, this.#usage.get(name));
      if (suspects.length === 1 && suspects[0] === name) this.#punish(application, how);
      else this.#reports.set(name, this.#fresh(application, report?.restarts ?? 0));
    }
    void this.#arrange();
    this.#changed();
  }

  /** The one that ended its process is started again as its restart policy says. */
  #punish(application: Ready, how: string): void {
    const { name, restart } = application;
    const message = `it ended its process by ${how}`;
    const report = { ...this.#fresh(application, this.#reports.get(name)?.restarts ?? 0), message };
    const next = this.#rest.after(name, restart, message, () => {
      this.#reports.set(name, { ...report, state: 'starting', since: this.#stamp(), restarts: report.restarts + 1 });
      void this.#arrange();
      this.#changed();
    });
    if (next !== 'backoff') this.#settled.add(name);
    this.#reports.set(name, { ...report, state: next });
  }

  #report(application: RunnableApplication): SeenApplication {
    const { name } = application;
    const report = this.#lost.on(this.#reports.get(name) ?? this.#fresh(application, 0));
    const ready = this.#ready.find((one) => one.name === name);
    const process = ready && ownProcessReason(ready, this.#suspicion);
    const usage = this.#usage.get(name);
    const fault = report.state === 'running' ? this.#traffic.fault(application) : undefined;
    return {
      ...report,
      ...(fault === undefined ? {} : { message: fault.slice(0, messageMax) }),
      ...(process === undefined ? {} : { process: process.slice(0, processMax) }),
      ...(usage === undefined || report.state !== 'running' ? {} : { usage: usageReport(application, usage) }),
    };
  }

  #fresh({ name, version }: RunnableApplication, restarts: number): SeenApplication {
    return { name, version, state: 'starting', since: this.#stamp(), restarts };
  }

  #changed(): void {
    for (const handler of this.#handlers) handler();
  }

  #stamp(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }
}
