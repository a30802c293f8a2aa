import type { ApplicationReport } from '../../../../schemas/generated/types.ts';
import { ApplicationLog } from '../../application-log.ts';
import type { HostedApplication, Usage } from '../../protocol.ts';
import { backoffMs } from '../../restart.ts';
import { failureOf, type RunEnd } from '../../run-end.ts';
import { failureReport } from '../failure-report.ts';
import { FuelRate } from '../fuel-rate.ts';
import type { HostPorts } from '../hosted-application.ts';
import type { Life } from '../life.ts';
import { OutputLines } from '../output-lines.ts';
import { type EventRun, runEvent } from './event-run.ts';
import type { EventSource, HostEvent, OpenSource } from './event-source.ts';
import { type EventTerms, eventTerms } from './event-terms.ts';

/** What an application with a trigger needs besides. */
export interface EventedOptions {
  readonly openSource: OpenSource;
  /** Messages that it wrote and nobody got. */
  readonly lost: () => number;
}

/** So many events that fail one after the other are a crash loop: the next ones come later and later. */
const failuresInRowMax = 5;

/**
 * An application whose events each have an instance of their own.
 *
 *   running ─► backoff ─► running        failed: its module can't run
 */
export class EventedApplication implements Life {
  #application: HostedApplication;
  readonly #ports: HostPorts;
  readonly #options: EventedOptions;
  readonly #terms: EventTerms;
  readonly #onChange: () => void;
  readonly #log: ApplicationLog;
  readonly #lines: OutputLines;
  readonly #runs = new Set<EventRun>();
  #state: ApplicationReport['state'] = 'stopped';
  #since: string;
  #source: EventSource | undefined;
  #lock: Disposable | undefined;
  #pause: Disposable | undefined;
  #handled = 0;
  #failed = 0;
  #failuresInRow = 0;
  #lastFailure: RunEnd | undefined;
  #fuelOfEnded = 0;
  readonly #fuelRate = new FuelRate();
  #isOver = false;

  constructor(application: HostedApplication, ports: HostPorts, options: EventedOptions, onChange: () => void) {
    this.#application = application;
    this.#ports = ports;
    this.#options = options;
    this.#terms = eventTerms(application);
    this.#onChange = onChange;
    this.#log = new ApplicationLog(ports, ports.logDirectory, application.name);
    this.#lines = new OutputLines(this.#log);
    this.#since = this.#stamp();
  }

  get application(): HostedApplication {
    return this.#application;
  }

  async begin(): Promise<void> {
    const lock = await this.#ports.lock(this.application.name);
    if (this.#isOver) return lock[Symbol.dispose]();
    this.#lock = lock;
    this.#fuelRate.begin(this.#ports.clock.monotonic());
    this.#source = this.#options.openSource(
      () => this.#serve(),
      (text) => this.#log.note(text),
    );
    this.#enter('running');
    this.#serve();
  }

  async stop(): Promise<void> {
    this.#end('stopped');
    await Promise.all([...this.#runs].map((run) => run.stop()));
    this.#log.note('stopped');
    this.#lock?.[Symbol.dispose]();
  }

  /** The next events have them; what is at work ends with those that it began with. */
  relink(next: HostedApplication): Promise<boolean> {
    if (this.#state === 'failed') return Promise.resolve(false);
    this.#application = next;
    return Promise.resolve(true);
  }

  usage(): Usage {
    const { clock, grants } = this.#ports;
    const now = [...this.#runs].map(({ run }) => run.usage());
    const fuelSpent = now.reduce((sum, one) => sum + one.fuelSpent, this.#fuelOfEnded);
    const memoryBytes = now.reduce((sum, one) => sum + one.memoryBytes, 0);
    const fuelPerSecond = this.#fuelRate.look(fuelSpent, clock.monotonic());
    return { name: this.application.name, memoryBytes, fuelPerSecond, ...grants.usage(this.application) };
  }

  report(): ApplicationReport {
    const { name, version, restarts } = this.application;
    const { waiting, dropped } = this.#source?.counts() ?? { waiting: 0, dropped: 0 };
    const counts = {
      ...{ handled: this.#handled, failed: this.#failed, dropped: dropped + this.#options.lost() },
      ...{ instances: this.#runs.size, waiting },
    };
    return {
      ...{ name, version, restarts, state: this.#state, since: this.#since },
      ...failureReport(this.#lastFailure, this.#lines.last),
      events: Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
      ...this.#ports.grants.facts(name),
    };
  }

  /** Starts an instance for each event that may have one. */
  #serve(): void {
    while (this.#state === 'running' && this.#runs.size < this.#terms.concurrency) {
      const event = this.#source?.take();
      if (event === undefined) return;
      void this.#handle(event);
    }
  }

  async #handle(event: HostEvent): Promise<void> {
    const writers = this.#lines.writers();
    const run = runEvent(this.#ports, this.application, event, this.#terms.timeLimitMs, (stream, bytes) =>
      writers[stream].write(bytes),
    );
    this.#runs.add(run);
    const end = await run.ended;
    this.#runs.delete(run);
    this.#fuelOfEnded += run.run.usage().fuelSpent;
    for (const writer of Object.values(writers)) writer.finish();
    event.finish?.(end);
    if (end !== undefined) this.#ended(end);
    this.#serve();
  }

  #ended(end: RunEnd): void {
    const failure = failureOf(end);
    if (failure === undefined) {
      this.#handled += 1;
      this.#failuresInRow = 0;
      return;
    }
    this.#failed += 1;
    this.#failuresInRow += 1;
    this.#lastFailure = end;
    this.#log.end(end);
    if (this.#isOver) return;
    // What may not run at all will not be allowed to at the next event either.
    if (end.kind === 'refused') this.#end('failed');
    else if (this.#failuresInRow >= failuresInRowMax) this.#rest();
  }

  #rest(): void {
    const { clock, random } = this.#ports;
    const delayMs = backoffMs(this.#failuresInRow - failuresInRowMax, random.fraction());
    this.#pause?.[Symbol.dispose]();
    this.#pause = clock.after(delayMs, () => {
      this.#enter('running');
      this.#serve();
    });
    this.#enter('backoff');
  }

  #end(state: 'failed' | 'stopped'): void {
    this.#isOver = true;
    this.#pause?.[Symbol.dispose]();
    this.#source?.[Symbol.dispose]();
    this.#enter(state);
  }

  #enter(state: ApplicationReport['state']): void {
    this.#state = state;
    this.#since = this.#stamp();
    this.#onChange();
  }

  #stamp(): string {
    return new Date(this.#ports.clock.now()).toISOString();
  }
}
