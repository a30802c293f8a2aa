import type { ChildProcess, Clock, Log, ProcessExit, Processes, Random } from '../../platform/ports.ts';
import type { SeenApplication } from './app-runtime.ts';
import {
  beatMs,
  type ForHost,
  type HostedApplication,
  type Left,
  type OfHost,
  parseFromHost,
  type ToHost,
  type Usage,
} from './protocol.ts';
import type { HostEnding } from './suspicion.ts';

/** What the supervisor's end of one app host needs. */
export interface HostProcessOptions {
  readonly processes: Pick<Processes, 'start'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The app host's program, its arguments and flags of the engine. */
  readonly file: string;
  readonly args: readonly string[];
  readonly flags: readonly string[];
  /** What it is for. */
  readonly key: string;
  /** Called with every process that was started. */
  readonly onStart: (pid: number) => void;
  readonly onStates: (states: readonly SeenApplication[]) => void;
  readonly onUsage: (usage: readonly Usage[]) => void;
  readonly onTraffic: (message: OfHost) => void;
  /** Also while it is being stopped. */
  readonly onLeft: (left: Left) => void;
  /** Called when it died; it starts again by itself. */
  readonly onDeath: (death: ProcessDeath) => void;
}

/** How a process died. */
export interface ProcessDeath {
  readonly ending: HostEnding;
  /** In words, such as `SIGABRT`. */
  readonly how: string;
  /** The application whose code was being executed, where the process left a note of it. */
  readonly executing: string | undefined;
}

type State =
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
/** Beats that may be missing; then it is asked of once more, for this machine may have slept. */
const silenceMs = 2 * beatMs;
const stopMsMax = 5_000;
/** Signals that come from outside: nothing a process does raises them against itself. */
const outsideSignals: ReadonlySet<string> = new Set(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP']);

/** One app host: started again when it dies or hangs, and told again what to run. */
export class HostProcess {
  readonly #options: HostProcessOptions;
  #state: State = { kind: 'stopped' };
  #wanted: readonly HostedApplication[] = [];
  /** What it is told once it is ready. */
  #unsaid: ForHost[] = [];
  #readElsewhere: readonly string[] = [];
  #lastId = 0;
  #waiters: Waiter[] = [];
  #attempt = 0;
  #silence: Disposable | undefined;
  #isHung = false;
  /** Told once of each process. */
  #saidNonsense = false;

  constructor(options: HostProcessOptions) {
    this.#options = options;
    this.#start();
  }

  /** The process that lives now; undefined between two. */
  get pid(): number | undefined {
    return 'child' in this.#state ? this.#state.child.pid : undefined;
  }

  /** Makes exactly these run in it; resolves when everything old has ended and everything new was started. */
  apply(applications: readonly HostedApplication[], readElsewhere: readonly string[] = []): Promise<void> {
    this.#wanted = applications;
    this.#readElsewhere = readElsewhere;
    this.#lastId += 1;
    const id = this.#lastId;
    const done = new Promise<void>((resolve) => this.#waiters.push({ id, resolve }));
    if (this.#state.kind === 'ready') this.#sendApply(this.#state.child);
    if (this.#state.kind === 'stopped') this.#settle(id);
    return done;
  }

  /** Tells it of a message: at once, or when it is there again, where its writers wait so long; false when it never is. */
  post(message: ForHost): boolean {
    if (this.#state.kind === 'stopped') return false;
    if (this.#state.kind === 'ready') this.#state.child.send(message satisfies ToHost);
    else this.#unsaid.push(message);
    return true;
  }

  /** Ends all that runs in it, and it. */
  async stop(): Promise<void> {
    const state = this.#state;
    this.#state = { kind: 'stopped' };
    this.#silence?.[Symbol.dispose]();
    this.#settle(this.#lastId);
    if (state.kind === 'backoff') state.timer[Symbol.dispose]();
    if (state.kind !== 'starting' && state.kind !== 'ready') return;
    const { child } = state;
    const ended = new Promise<void>((resolve) => child.onExit(() => resolve()));
    // A host that is not ready runs nothing.
    if (state.kind === 'starting') child.kill('SIGKILL');
    else child.send({ kind: 'stop' } satisfies ToHost);
    using _deadline = this.#options.clock.after(stopMsMax, () => child.kill('SIGKILL'));
    await ended;
  }

  #start(): void {
    const { processes, clock, file, args, flags, onStart } = this.#options;
    const child = processes.start(file, args, { flags, hasNote: true });
    this.#isHung = false;
    this.#saidNonsense = false;
    this.#state = { kind: 'starting', child, startedAtMs: clock.monotonic() };
    if (child.pid > 0) onStart(child.pid);
    child.onMessage((value) => this.#hear(child, value));
    child.onExit((exit) => this.#ended(child, exit));
  }

  #hear(child: ChildProcess, value: unknown): void {
    const { log, clock, onStates, onUsage, onTraffic } = this.#options;
    const message = parseFromHost(value);
    if (message === undefined && !this.#saidNonsense) log.write('warn', 'runtime.host.nonsense', { pid: child.pid });
    this.#saidNonsense ||= message === undefined;
    // What was lost it says last, when it is in nobody's way any more.
    if (message?.kind === 'left') return this.#options.onLeft(message);
    if (message === undefined || !('child' in this.#state) || this.#state.child !== child) return;
    this.#watch(child);
    switch (message.kind) {
      case 'ready':
        this.#state = { kind: 'ready', child, startedAtMs: clock.monotonic() };
        this.#sendApply(child);
        for (const unsaid of this.#unsaid.splice(0)) child.send(unsaid satisfies ToHost);
        return;
      case 'applied':
        return this.#settle(message.id);
      case 'states':
        return onStates(message.applications);
      case 'beat':
        return onUsage(message.usage);
      case 'message':
      case 'took':
      case 'answer':
      case 'called':
        return onTraffic(message);
      default:
        throw new Error(message satisfies never);
    }
  }

  /** It was heard; a long silence from now on ends it. */
  #watch(child: ChildProcess, isLast = false): void {
    this.#silence?.[Symbol.dispose]();
    this.#silence = this.#options.clock.after(silenceMs, () => {
      if (!isLast) return this.#watch(child, true);
      this.#isHung = true;
      child.kill('SIGKILL');
    });
  }

  #sendApply(child: ChildProcess): void {
    const readElsewhere = this.#readElsewhere;
    const applications = this.#wanted;
    child.send({ kind: 'apply', id: this.#lastId, applications, readElsewhere } satisfies ToHost);
  }

  #ended(child: ChildProcess, { code, signal, fault }: ProcessExit): void {
    const state = this.#state;
    if ((state.kind !== 'ready' && state.kind !== 'starting') || state.child !== child) return;
    const { clock, random, log, key, onDeath } = this.#options;
    this.#unsaid = [];
    this.#silence?.[Symbol.dispose]();
    if (clock.monotonic() - state.startedAtMs >= healthyMs) this.#attempt = 0;
    const delayMs = Math.min(restartFirstMs * 2 ** this.#attempt, restartMsMax) * (1 - random.fraction() / 2);
    this.#attempt = Math.min(this.#attempt + 1, 16);
    const how = this.#isHung ? 'silence: it answered no more and was killed' : (fault ?? signal ?? `code ${code}`);
    const isOutside = signal !== undefined && outsideSignals.has(signal);
    const ending = this.#isHung ? 'hung' : isOutside ? 'killed' : 'crashed';
    log.write('warn', 'runtime.host.ended', { host: key, pid: child.pid, how, restartInMs: Math.round(delayMs) });
    this.#state = {
      kind: 'backoff',
      timer: clock.after(delayMs, () => this.#start()),
    };
    // One that could not be started has run nothing that could have done it.
    if (fault === undefined) onDeath({ ending, how, executing: child.note?.() || undefined });
  }

  #settle(id: number): void {
    const settled = this.#waiters.filter((waiter) => waiter.id <= id);
    this.#waiters = this.#waiters.filter((waiter) => waiter.id > id);
    for (const waiter of settled) waiter.resolve();
  }
}
