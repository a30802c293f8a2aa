/**
 * The app host in the simulated world. What a module does is written in its bytes: one whose text holds `crashes` fails a
 * few seconds after every start. Before anything runs, the safety checker sees the very bytes on disk.
 */
import type { AppRuntime, RunnableApplication } from '../../device-agent/runtime/app-runtime.ts';
import type { Clock, Disk } from '../../platform/ports.ts';
import type { ApplicationReport } from '../../schemas/generated/types.ts';

const failsAfterMs = 5_000;
const restartsMax = 5;

interface Running {
  readonly application: RunnableApplication;
  report: ApplicationReport;
  timer: Disposable | undefined;
}

function same(left: RunnableApplication, right: RunnableApplication): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

export class SimRuntime implements AppRuntime {
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #check: (application: RunnableApplication, bytes: Uint8Array) => void;
  readonly #running = new Map<string, Running>();
  #changed: () => void = () => {};

  constructor(disk: Disk, clock: Clock, check: (application: RunnableApplication, bytes: Uint8Array) => void) {
    this.#disk = disk;
    this.#clock = clock;
    this.#check = check;
  }

  async apply(applications: readonly RunnableApplication[]): Promise<void> {
    const wanted = new Map(applications.map((application) => [application.name, application]));
    for (const [name, { application, timer }] of this.#running) {
      const next = wanted.get(name);
      if (next !== undefined && same(application, next)) continue;
      timer?.[Symbol.dispose]();
      this.#running.delete(name);
    }
    for (const [name, application] of wanted) if (!this.#running.has(name)) this.#start(application);
    this.#changed();
  }

  #start(application: RunnableApplication): void {
    const bytes = this.#disk.readFile(application.modulePath);
    this.#check(application, bytes);
    const { name, version } = application;
    const since = new Date(this.#clock.now()).toISOString();
    const running: Running = {
      application,
      report: { name, version, state: 'running', since, restarts: 0 },
      timer: undefined,
    };
    this.#running.set(name, running);
    if (new TextDecoder().decode(bytes).includes('crashes')) this.#failLater(running);
  }

  #failLater(running: Running): void {
    running.timer = this.#clock.after(failsAfterMs, () => {
      const restarts = running.report.restarts + 1;
      const state = restarts >= restartsMax ? 'failed' : 'backoff';
      const since = new Date(this.#clock.now()).toISOString();
      running.report = { ...running.report, state, since, restarts, exitCode: 1, message: 'unreachable executed' };
      if (state === 'backoff') this.#failLater(running);
      this.#changed();
    });
  }

  states(): readonly ApplicationReport[] {
    return [...this.#running.values()].map(({ report }) => report).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  lastDeath(): undefined {
    return undefined;
  }

  onChange(handler: () => void): void {
    this.#changed = handler;
  }

  async stop(): Promise<void> {
    for (const { timer } of this.#running.values()) timer?.[Symbol.dispose]();
    this.#running.clear();
  }
}
