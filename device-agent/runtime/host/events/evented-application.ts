import type { ApplicationReport } from '../../../../schemas/generated/types.ts';
import type { Answered } from '../../app-runtime.ts';
import { ApplicationLog } from '../../application-log.ts';
import { emptyInput } from '../../primitives/streams.ts';
import type { HostedApplication, Usage } from '../../protocol.ts';
import { backoffMs } from '../../restart.ts';
import { failureOf, type RunEnd } from '../../run-end.ts';
import { failureReport } from '../failure-report.ts';
import { FuelRate } from '../fuel-rate.ts';
import type { HostPorts } from '../hosted-application.ts';
import type { Life, StopTerms } from '../life.ts';
import { linkReport } from '../links/link-report.ts';
import { OutputLines } from '../output-lines.ts';
import { type EventQueue, haveSameQueue } from './event-queue.ts';
import type { HostEvent } from './event-source.ts';
import { type EventTerms, eventTerms } from './event-terms.ts';
import { FreshInstances } from './fresh-instances.ts';
import type { Instances } from './instances.ts';
import { KeptInstances } from './kept-instances.ts';
import type { StateKeeper } from './state-keeper.ts';

/** What an application with a trigger needs besides. */
export interface EventedOptions {
  /** What waits for it. */
  readonly queue: () => EventQueue;
  /** Messages that it wrote and nobody got. */
  readonly lost: () => number;
  /** Where the state of its instance is kept. */
  readonly keeper?: StateKeeper;
}

/** What a call gave, by how it ended. */
function answeredBy(end: RunEnd | undefined): Answered {
  if (end === undefined) return 'absent';
  if (end.kind === 'exited') return end.exitCode;
  return end.kind === 'exhausted' ? 'late' : 'failed';
}

/** A call that comes between two events: before those that wait. */
interface WaitingCall {
  readonly name: string;
  readonly settle: (answered: Answered) => void;
}

/** Who asks waits for the answer; more than these are of nobody who does. */
const callsMax = 4;

/** So many events that fail one after the other are a crash loop: the next ones come later and later. */
const failuresInRowMax = 5;

/**
 * An application that is there for events, each handled by an instance.
 *
 *   starting ─► running ─► backoff ─► starting        failed: its module can't run
 */
export class EventedApplication implements Life {
  #application: HostedApplication;
  readonly #ports: HostPorts;
  readonly #options: EventedOptions;
  readonly #terms: EventTerms;
  readonly #onChange: () => void;
  readonly #log: ApplicationLog;
  readonly #lines: OutputLines;
  readonly #instances: Instances;
  #atWork = 0;
  #calls: readonly WaitingCall[] = [];
  #state: ApplicationReport['state'] = 'stopped';
  #since: string;
  #queue: EventQueue | undefined;
  #lock: Disposable | undefined;
  #pause: Disposable | undefined;
  #handled = 0;
  #failed = 0;
  #failuresInRow = 0;
  #lastFailure: RunEnd | undefined;
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
    const parts = { ...ports, lines: this.#lines, timeLimitMs: this.#terms.timeLimitMs };
    this.#instances =
      this.#terms.instance === 'kept' ? new KeptInstances(parts, options.keeper) : new FreshInstances(parts);
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
    if (this.#isOver) return lock[Symbol.dispose]();
    this.#lock = lock;
    this.#fuelRate.begin(this.#ports.clock.monotonic());
    this.#queue = this.#options.queue();
    this.#queue.listen({ onEvent: () => this.#serve(), onNote: (text) => this.#log.note(text) });
    void this.#start();
  }

  async stop({ lastEventMsMax, next }: StopTerms): Promise<EventQueue | undefined> {
    const isInherited = !this.#isOver && next !== undefined && haveSameQueue(this.application, next);
    const queue = isInherited ? this.#queue : undefined;
    if (isInherited) this.#queue = undefined;
    queue?.rest();
    const left = next === undefined ? (this.#queue?.counts().waiting ?? 0) : 0;
    this.#end('stopped');
    await this.#instances.stop(lastEventMsMax);
    this.#log.close(left === 0 ? 'stopped' : `stopped; ${left} events that waited are dropped: it runs here no more`);
    this.#lock?.[Symbol.dispose]();
    return queue;
  }

  async relink(next: HostedApplication): Promise<boolean> {
    if (this.#state === 'failed' || !(await this.#instances.relink(next))) return false;
    this.#application = next;
    return true;
  }

  /**
   * It counts as no event; what it does badly ends its instance, as an event would. Where one is at work it waits for its end, for
   * one that always has work does no worse.
   */
  call(name: string): Promise<Answered> {
    if (this.#state !== 'running' || this.#terms.instance !== 'kept') return Promise.resolve('absent');
    if (this.#calls.length === callsMax) return Promise.resolve('busy');
    return new Promise((settle) => {
      this.#calls = [...this.#calls, { name, settle }];
      this.#serve();
    });
  }

  async #call({ name, settle }: WaitingCall): Promise<void> {
    this.#atWork += 1;
    const end = await this.#instances.handle(this.application, { stdin: emptyInput, function: name });
    this.#atWork -= 1;
    if (end !== undefined && end.kind !== 'exited') this.#log.end(end);
    settle(answeredBy(end));
    this.#serve();
  }

  usage(): Usage {
    const { clock, grants } = this.#ports;
    const { memoryBytes, fuelSpent } = this.#instances.usage();
    const fuelPerSecond = this.#fuelRate.look(fuelSpent, clock.monotonic());
    return { name: this.application.name, memoryBytes, fuelPerSecond, ...grants.usage(this.application) };
  }

  report(): ApplicationReport {
    const { name, version } = this.application;
    const restarts = this.application.restarts + this.#instances.restarts;
    const { waiting, dropped } = this.#queue?.counts() ?? { waiting: 0, dropped: 0 };
    const counts = {
      ...{ handled: this.#handled, failed: this.#failed, dropped: dropped + this.#options.lost() },
      ...{ instances: this.#atWork, waiting },
    };
    const snapshot = this.#instances.snapshot();
    return {
      ...{ name, version, restarts, state: this.#state, since: this.#since },
      ...failureReport(this.#lastFailure, this.#lines.last),
      events: Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
      ...(snapshot === undefined ? {} : { snapshot }),
      ...linkReport(this.application),
      ...this.#ports.grants.facts(name),
    };
  }

  /** Serves events once it is ready for them. */
  async #start(): Promise<void> {
    this.#enter('starting');
    const end = await this.#instances.prepare(this.application);
    if (this.#isOver) return;
    if (end !== undefined) {
      // One that does not get that far would not at the next event either.
      this.#failuresInRow = Math.max(this.#failuresInRow, failuresInRowMax - 1);
      return this.#fail(end);
    }
    this.#enter('running');
    this.#serve();
  }

  /** Gives calls and events to instances, as many as may be at work. */
  #serve(): void {
    while (this.#state === 'running' && this.#atWork < this.#terms.concurrency) {
      const [call, ...calls] = this.#calls;
      if (call !== undefined) {
        this.#calls = calls;
        void this.#call(call);
        continue;
      }
      const event = this.#queue?.take();
      if (event === undefined) return;
      void this.#handle(event);
    }
  }

  async #handle(event: HostEvent): Promise<void> {
    this.#atWork += 1;
    const end = await this.#instances.handle(this.application, event);
    this.#atWork -= 1;
    event.finish?.(end);
    if (end !== undefined) this.#ended(end);
    this.#serve();
  }

  #ended(end: RunEnd): void {
    if (failureOf(end) === undefined) {
      this.#handled += 1;
      this.#failuresInRow = 0;
      return;
    }
    this.#failed += 1;
    this.#fail(end);
  }

  #fail(end: RunEnd): void {
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
    this.#pause = clock.after(delayMs, () => void this.#start());
    this.#enter('backoff');
  }

  #end(state: 'failed' | 'stopped'): void {
    this.#isOver = true;
    this.#pause?.[Symbol.dispose]();
    this.#queue?.[Symbol.dispose]();
    this.#enter(state);
  }

  #enter(state: ApplicationReport['state']): void {
    this.#state = state;
    this.#since = this.#stamp();
    if (state !== 'running') this.#leaveCalls();
    this.#onChange();
  }

  /** Nothing is called of one that rests or is over. */
  #leaveCalls(): void {
    const calls = this.#calls;
    this.#calls = [];
    for (const { settle } of calls) settle('absent');
  }

  #stamp(): string {
    return new Date(this.#ports.clock.now()).toISOString();
  }
}
