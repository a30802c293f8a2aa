import { isDeepStrictEqual } from 'node:util';
import type { Clock, Disk, Random } from '../../../platform/ports.ts';
import type { ApplicationReport } from '../../../schemas/generated/types.ts';
import type { Answered } from '../app-runtime.ts';
import { ApplicationLog } from '../application-log.ts';
import type { Grants } from '../grants/grants.ts';
import type { HostedApplication, Usage } from '../protocol.ts';
import { afterRun } from '../restart.ts';
import type { RunEnd } from '../run-end.ts';
import { failureReport } from './failure-report.ts';
import { FuelRate } from './fuel-rate.ts';
import type { Launcher, Run } from './launch.ts';
import type { Life } from './life.ts';
import { linkReport } from './links/link-report.ts';
import { OutputLines } from './output-lines.ts';

/** What an application's life needs of the outside. */
export interface HostPorts extends Launcher {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly grants: Pick<Grants, 'count' | 'usage' | 'facts' | 'forget'>;
  /** Messages that it wrote and nobody got, or that it was too slow to take. */
  readonly droppedOf: (application: string) => number;
  /** Messages that wait for it. */
  readonly waitingOf: (application: string) => number;
  /** Takes the application's lock as soon as no other process has it. */
  readonly lock: (name: string) => Promise<Disposable>;
  /** Directory of the applications' logs. */
  readonly logDirectory: string;
}

/**
 * Where an application is in its life; only what has a run holds one, so that nothing can run twice.
 *
 *   starting ─► running ─► completed | failed
 *      ▲           │
 *      └─ backoff ◄┘                 stopped from anywhere
 */
type State =
  | { readonly kind: 'starting' | 'running'; readonly run: Run; readonly startedAtMs: number }
  | { readonly kind: 'backoff'; readonly timer: Disposable }
  | { readonly kind: 'completed' | 'failed' | 'stopped' };

/** Whether two say the same: then the one that runs may go on. Where the module lies does not matter, its digest does. */
export function isSameApplication(one: HostedApplication, other: HostedApplication): boolean {
  return isDeepStrictEqual(essenceOf(one), essenceOf(other));
}

/** Whether two differ in nothing but which modules are linked to them, under the same names. */
export function differInLinksOnly(one: HostedApplication, other: HostedApplication): boolean {
  const [{ links, ...rest }, { links: otherLinks, ...otherRest }] = [essenceOf(one), essenceOf(other)];
  const names = [links, otherLinks].map((all) => Object.keys(all).sort());
  return isDeepStrictEqual(rest, otherRest) && isDeepStrictEqual(names[0], names[1]);
}

function essenceOf(application: HostedApplication) {
  const {
    modulePath: _path,
    restarts: _restarts,
    prepared: _prepared,
    predecessor: _before,
    links,
    ...rest
  } = application;
  const digests = Object.entries(links ?? {}).map(([link, { sha256 }]) => [link, sha256] as const);
  return { ...rest, links: Object.fromEntries(digests) };
}

/** One application, started again after it ended as its restart policy says. */
export class LiveApplication implements Life {
  #application: HostedApplication;
  readonly #ports: HostPorts;
  readonly #onChange: () => void;
  readonly #log: ApplicationLog;
  #state: State = { kind: 'stopped' };
  #since: string;
  #restarts: number;
  #attempt = 0;
  #lastEnd: RunEnd | undefined;
  readonly #lines: OutputLines;
  readonly #fuelRate = new FuelRate();
  #lock: Disposable | undefined;
  #isOver = false;

  constructor(application: HostedApplication, ports: HostPorts, onChange: () => void) {
    this.#application = application;
    this.#ports = ports;
    this.#onChange = onChange;
    this.#log = new ApplicationLog(ports, ports.logDirectory, application.name);
    this.#lines = new OutputLines(this.#log);
    this.#restarts = application.restarts;
    this.#since = this.#stamp();
  }

  get application(): HostedApplication {
    return this.#application;
  }

  writeLog(): void {
    this.#log.flush();
  }

  async begin(): Promise<void> {
    const lock = await this.#ports.lock(this.application.name);
    await this.#ports.grants.count(this.application);
    if (this.#isOver) lock[Symbol.dispose]();
    else {
      this.#lock = lock;
      this.#start();
    }
  }

  usage(): Usage {
    const { clock, grants } = this.#ports;
    const { memoryBytes, fuelSpent } = this.#runOf(this.#state)?.usage() ?? { memoryBytes: 0, fuelSpent: 0 };
    const fuelPerSecond = this.#fuelRate.look(fuelSpent, clock.monotonic());
    const waiting = this.#ports.waitingOf(this.application.name);
    return {
      ...{ name: this.application.name, memoryBytes, fuelPerSecond, ...grants.usage(this.application) },
      ...(waiting === 0 ? {} : { waiting }),
    };
  }

  #runOf(state: State): Run | undefined {
    return state.kind === 'starting' || state.kind === 'running' ? state.run : undefined;
  }

  #start(): void {
    const { clock, launch } = this.#ports;
    const startedAtMs = clock.monotonic();
    const lines = this.#lines.writers();
    this.#fuelRate.begin(startedAtMs);
    const run = launch(this.application, {
      onStarted: () => this.#enter({ kind: 'running', run, startedAtMs }),
      onOutput: (stream, bytes) => lines[stream].write(bytes),
      onEnd: (end) => {
        for (const writer of Object.values(lines)) writer.finish();
        this.#ended(end, clock.monotonic() - startedAtMs);
      },
    });
    this.#enter({ kind: 'starting', run, startedAtMs });
  }

  async stop(): Promise<undefined> {
    const state = this.#state;
    this.#isOver = true;
    this.#enter({ kind: 'stopped' });
    if (state.kind === 'backoff') state.timer[Symbol.dispose]();
    await this.#runOf(state)?.stop();
    this.#log.close('stopped');
    this.#lock?.[Symbol.dispose]();
  }

  async relink(next: HostedApplication): Promise<boolean> {
    const { kind } = this.#state;
    const isRelinked = kind === 'backoff' || (await this.#runOf(this.#state)?.relink(next)) === true;
    if (isRelinked) this.#application = next;
    if (isRelinked) this.#log.note('other modules are linked to it');
    return isRelinked;
  }

  /** What runs is amid its own work. */
  call(): Promise<Answered> {
    return Promise.resolve('absent');
  }

  report(): ApplicationReport {
    const end = this.#lastEnd;
    const dropped = this.#ports.droppedOf(this.application.name);
    return {
      name: this.application.name,
      version: this.application.version,
      state: this.#state.kind,
      since: this.#since,
      restarts: this.#restarts,
      ...(end?.kind === 'exited' ? { exitCode: end.exitCode } : {}),
      ...failureReport(end, this.#lines.last),
      ...(dropped === 0 ? {} : { events: { dropped } }),
      ...linkReport(this.application),
      ...this.#ports.grants.facts(this.application.name),
    };
  }

  #ended(end: RunEnd, ranMs: number): void {
    const { clock, random } = this.#ports;
    const next = afterRun(this.application.restart, { end, ranMs, attempt: this.#attempt }, random.fraction());
    this.#lastEnd = end;
    this.#log.end(end);
    if (next.kind !== 'restart') {
      this.#enter({ kind: next.kind });
      return;
    }
    this.#attempt = next.attempt;
    const timer = clock.after(next.delayMs, () => {
      this.#restarts += 1;
      this.#start();
    });
    this.#enter({ kind: 'backoff', timer });
  }

  #enter(state: State): void {
    this.#state = state;
    this.#since = this.#stamp();
    this.#onChange();
  }

  #stamp(): string {
    return new Date(this.#ports.clock.now()).toISOString();
  }
}
