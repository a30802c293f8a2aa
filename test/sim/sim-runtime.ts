/**
 * The app hosts in the simulated world. What a module does is written in its bytes: one whose text holds `crashes` fails a
 * few seconds after every start, one whose text holds `mute` answers requests with 500. Before anything runs, the safety checker sees the very bytes on disk. Applications share
 * processes as on a device; when one ends, it is judged by the code of the device who did it.
 */
import type { Answered, AppRuntime, RunnableApplication } from '../../device-agent/runtime/app-runtime.ts';
import { placement } from '../../device-agent/runtime/placement.ts';
import { judgeDeath, noSuspicion, reviewSuspicion, type Suspicion } from '../../device-agent/runtime/suspicion.ts';
import type { Clock, Disk } from '../../platform/ports.ts';
import type { SimRandom } from '../../platform/simulated/random.ts';
import type { ApplicationReport, HostDeath } from '../../schemas/generated/types.ts';

const failsAfterMs = 5_000;
const restartsMax = 5;

interface Running {
  readonly application: RunnableApplication;
  report: ApplicationReport;
  timer: Disposable | undefined;
}

/** How a process of applications truly ended. */
export interface HostEnd {
  /** Those that ran in it. */
  readonly residents: readonly string[];
  /** The one that ended it; undefined when it was ended from outside. */
  readonly culprit: string | undefined;
  /** Which death it is since the agent started. */
  readonly count: number;
}

/** How often a process that ends was ended from outside, and how often one that ended by itself left a note of whose code ran. */
const outsideProbability = 0.4;
const noteProbability = 0.5;

function same(left: RunnableApplication, right: RunnableApplication): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

export class SimRuntime implements AppRuntime {
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #check: (application: RunnableApplication, bytes: Uint8Array) => void;
  readonly #running = new Map<string, Running>();
  #suspicion: Suspicion = noSuspicion;
  #death: HostDeath | undefined;
  #deaths = 0;
  #changed: () => void = () => {};

  constructor(disk: Disk, clock: Clock, check: (application: RunnableApplication, bytes: Uint8Array) => void) {
    this.#disk = disk;
    this.#clock = clock;
    this.#check = check;
  }

  async apply(applications: readonly RunnableApplication[]): Promise<void> {
    const wanted = new Map(applications.map((application) => [application.name, application]));
    const unchanged = [...this.#running].filter(([name, { application }]) => {
      const next = wanted.get(name);
      return next !== undefined && same(application, next);
    });
    const names = new Set(unchanged.map(([name]) => name));
    this.#suspicion = reviewSuspicion(this.#suspicion, names, this.#clock.monotonic());
    for (const [name, { timer }] of this.#running) {
      if (names.has(name)) continue;
      timer?.[Symbol.dispose]();
      this.#running.delete(name);
    }
    for (const [name, application] of wanted) if (!this.#running.has(name)) this.#start(application);
    this.#changed();
  }

  /** An application publishes facts. */
  publish(name: string, facts: Readonly<Record<string, number | boolean | string>>): void {
    const running = this.#running.get(name);
    if (running === undefined) return;
    const at = this.#stamp();
    const told = Object.entries(facts).map(([fact, value]) => [fact, { value, at }]);
    running.report = { ...running.report, facts: Object.fromEntries(told) };
    this.#changed();
  }

  #start(application: RunnableApplication): void {
    const bytes = this.#disk.readFile(application.modulePath);
    this.#check(application, bytes);
    const { name, version } = application;
    const since = this.#stamp();
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
      const since = this.#stamp();
      running.report = { ...running.report, state, since, restarts, exitCode: 1, message: 'unreachable executed' };
      if (state === 'backoff') this.#failLater(running);
      this.#changed();
    });
  }

  states(): readonly ApplicationReport[] {
    return [...this.#running.values()].map(({ report }) => report).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Whoever runs answers well, but for a module whose text holds `mute`. */
  async ask(name: string): Promise<Answered> {
    const running = this.#running.get(name);
    if (running?.report.state !== 'running') return 'absent';
    const text = new TextDecoder().decode(this.#disk.readFile(running.application.modulePath));
    return text.includes('mute') ? 500 : 200;
  }

  /** Whoever runs is well, but for a module whose text holds `mute`. */
  async call(name: string): Promise<Answered> {
    const answered = await this.ask(name);
    return answered === 200 ? 0 : answered === 500 ? 1 : answered;
  }

  writeLog(): void {}

  lastDeath(): HostDeath | undefined {
    return this.#death;
  }

  /** One of the processes ends, whoever did it; undefined where none runs anything. */
  endHost(random: SimRandom): HostEnd | undefined {
    const running = [...this.#running.values()].filter(({ report }) => report.state === 'running');
    if (running.length === 0) return undefined;
    const placeable = running.map(({ application }) => ({ ...application, ownProcess: [] }));
    const { key, applications } = random.pick(placement(placeable, this.#suspicion));
    const residents = applications.map(({ name }) => name);
    const culprit = random.chance(outsideProbability) ? undefined : random.pick(residents);
    const executing = random.chance(noteProbability) ? culprit : undefined;
    const ending = culprit === undefined ? 'killed' : 'crashed';
    const death = { ending, residents, executing, atMs: this.#clock.monotonic() } as const;
    const { suspects, suspicion } = judgeDeath(death, this.#suspicion);
    this.#suspicion = suspicion;
    this.#deaths += 1;
    this.#death = {
      ...{ at: this.#stamp(), host: key, how: culprit === undefined ? 'SIGKILL' : 'SIGABRT', count: this.#deaths },
      suspects: [...suspects],
      applications: residents.map((name) => ({ name, was: name === executing ? 'executing' : 'running' })),
    };
    for (const name of residents) this.#startAgain(name, suspects.length === 1 && suspects[0] === name);
    this.#changed();
    return { residents, culprit, count: this.#deaths };
  }

  /** In a new process; only who is known to have ended the last one has it counted. */
  #startAgain(name: string, isKnown: boolean): void {
    const running = this.#running.get(name)!;
    const { report } = running;
    const restarts = report.restarts + (isKnown ? 1 : 0);
    running.report = { ...report, since: this.#stamp(), restarts };
  }

  #stamp(): string {
    return new Date(this.#clock.now()).toISOString();
  }

  onChange(handler: () => void): void {
    this.#changed = handler;
  }

  async stop(): Promise<void> {
    for (const { timer } of this.#running.values()) timer?.[Symbol.dispose]();
    this.#running.clear();
  }
}
