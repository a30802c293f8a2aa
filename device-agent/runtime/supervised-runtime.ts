import { isDeepStrictEqual } from 'node:util';
import type { ChildProcess, Clock, Log, Processes, Random } from '../../platform/ports.ts';
import type { ApplicationReport } from '../../schemas/generated/types.ts';
import type { AppRuntime, RunnableApplication } from './app-runtime.ts';
import { type FromHost, type HostedApplication, parseFromHost, type ToHost } from './protocol.ts';

/** What the supervisor's end of the app host needs. */
export interface RuntimeOptions {
  readonly processes: Pick<Processes, 'start'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The app host's program. */
  readonly hostFile: string;
  /** Given to the host for its lock and the applications' logs. */
  readonly directory: string;
}

/** The app host as the supervisor sees it. */
type Host =
  | { readonly kind: 'none' }
  | { readonly kind: 'starting' | 'ready'; readonly child: ChildProcess; readonly startedAtMs: number }
  | { readonly kind: 'backoff'; readonly timer: Disposable }
  | { readonly kind: 'stopped' };

interface Waiter {
  readonly id: number;
  resolve(): void;
}

const restartFirstMs = 100;
const restartMsMax = 30_000;
/** A host that lived this long was not in a crash loop. */
const healthyMs = 60_000;
/** Stopping and starting threads takes milliseconds; a host that has not answered by then hangs. */
const answerMsMax = 30_000;
const stopMsMax = 5_000;

/** Runs applications in a child process, which is started again when it dies and told again what to run. */
export class SupervisedRuntime implements AppRuntime {
  readonly #options: RuntimeOptions;
  readonly #handlers: (() => void)[] = [];
  #host: Host = { kind: 'none' };
  #wanted: readonly RunnableApplication[] = [];
  #reports = new Map<string, ApplicationReport>();
  /** What had come to its end under a host before: the next one is not told of it, lest it run again. */
  readonly #settled = new Set<string>();
  #lastId = 0;
  #waiters: Waiter[] = [];
  #attempt = 0;
  #deadline: Disposable | undefined;

  constructor(options: RuntimeOptions) {
    this.#options = options;
  }

  apply(applications: readonly RunnableApplication[]): Promise<void> {
    const before = new Map(this.#wanted.map((application) => [application.name, application]));
    for (const application of applications) {
      if (isDeepStrictEqual(application, before.get(application.name))) continue;
      this.#reports.set(application.name, this.#fresh(application));
      this.#settled.delete(application.name);
    }
    this.#wanted = applications;
    this.#lastId += 1;
    const id = this.#lastId;
    const done = new Promise<void>((resolve) => this.#waiters.push({ id, resolve }));
    if (this.#host.kind === 'none' && applications.length === 0) this.#settle(id);
    else if (this.#host.kind === 'none') this.#startHost();
    else if (this.#host.kind === 'ready') this.#sendApply(this.#host.child);
    else if (this.#host.kind === 'stopped') this.#settle(id);
    this.#changed();
    return done;
  }

  states(): readonly ApplicationReport[] {
    return this.#wanted
      .map((application) => this.#reports.get(application.name) ?? this.#fresh(application))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  onChange(handler: () => void): void {
    this.#handlers.push(handler);
  }

  async stop(): Promise<void> {
    const host = this.#host;
    this.#host = { kind: 'stopped' };
    this.#deadline?.[Symbol.dispose]();
    this.#settle(this.#lastId);
    if (host.kind === 'backoff') host.timer[Symbol.dispose]();
    if (host.kind !== 'starting' && host.kind !== 'ready') return;
    const { child } = host;
    const ended = new Promise<void>((resolve) => child.onExit(() => resolve()));
    // A host that is not ready waits for its lock and runs nothing.
    if (host.kind === 'starting') child.kill('SIGKILL');
    else child.send({ kind: 'stop' } satisfies ToHost);
    using _deadline = this.#options.clock.after(stopMsMax, () => child.kill('SIGKILL'));
    await ended;
  }

  #fresh({ name, version }: RunnableApplication): ApplicationReport {
    return { name, version, state: 'starting', since: this.#stamp(), restarts: 0 };
  }

  #startHost(): void {
    const { processes, clock, hostFile, directory } = this.#options;
    const child = processes.start(hostFile, [directory]);
    this.#host = { kind: 'starting', child, startedAtMs: clock.monotonic() };
    child.onMessage((value) => {
      const message = parseFromHost(value);
      const isCurrent = 'child' in this.#host && this.#host.child === child;
      if (message === undefined) this.#options.log.write('warn', 'runtime.host.nonsense', { pid: child.pid });
      else if (isCurrent) this.#receive(child, message);
    });
    child.onExit(({ code, signal, fault }) => this.#hostEnded(child, fault ?? signal ?? `code ${code}`));
  }

  #receive(child: ChildProcess, message: FromHost): void {
    switch (message.kind) {
      case 'ready':
        this.#host = { kind: 'ready', child, startedAtMs: this.#options.clock.monotonic() };
        this.#sendApply(child);
        return;
      case 'applied':
        if (message.id === this.#lastId) this.#deadline?.[Symbol.dispose]();
        this.#settle(message.id);
        return;
      case 'states':
        for (const report of message.applications) this.#take(report);
        this.#changed();
        return;
      default:
        throw new Error(message satisfies never);
    }
  }

  /** Only of what is wanted, in the version that is wanted: the host may still speak of what it is about to stop. */
  #take(report: ApplicationReport): void {
    const wanted = this.#wanted.find(({ name }) => name === report.name);
    if (wanted?.version !== report.version || report.state === 'stopped') return;
    this.#reports.set(report.name, report);
  }

  #sendApply(child: ChildProcess): void {
    const running = this.#wanted.filter(({ name }) => !this.#settled.has(name));
    const applications = running.map((application): HostedApplication => {
      return { ...application, restarts: this.#reports.get(application.name)?.restarts ?? 0 };
    });
    child.send({ kind: 'apply', id: this.#lastId, applications } satisfies ToHost);
    this.#deadline?.[Symbol.dispose]();
    this.#deadline = this.#options.clock.after(answerMsMax, () => child.kill('SIGKILL'));
  }

  #hostEnded(child: ChildProcess, how: string): void {
    const host = this.#host;
    if ((host.kind !== 'ready' && host.kind !== 'starting') || host.child !== child) return;
    const { clock, random, log } = this.#options;
    this.#deadline?.[Symbol.dispose]();
    if (clock.monotonic() - host.startedAtMs >= healthyMs) this.#attempt = 0;
    const delayMs = Math.min(restartFirstMs * 2 ** this.#attempt, restartMsMax) * (1 - random.fraction() / 2);
    this.#attempt = Math.min(this.#attempt + 1, 16);
    log.write('warn', 'runtime.host.ended', { pid: child.pid, how, restartInMs: Math.round(delayMs) });
    for (const [name, report] of this.#reports) {
      if (report.state === 'completed' || report.state === 'failed') this.#settled.add(name);
      else this.#reports.set(name, this.#lost(report, how));
    }
    this.#host = { kind: 'backoff', timer: clock.after(delayMs, () => this.#startHost()) };
    this.#changed();
  }

  #lost(report: ApplicationReport, how: string): ApplicationReport {
    const { name, version, restarts } = report;
    const message = `the app host ended by ${how}`;
    return { name, version, state: 'backoff', since: this.#stamp(), restarts: restarts + 1, message };
  }

  #settle(id: number): void {
    const settled = this.#waiters.filter((waiter) => waiter.id <= id);
    this.#waiters = this.#waiters.filter((waiter) => waiter.id > id);
    for (const waiter of settled) waiter.resolve();
  }

  #changed(): void {
    for (const handler of this.#handlers) handler();
  }

  #stamp(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }
}
