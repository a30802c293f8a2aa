import type { HostedApplication } from '../../protocol.ts';
import { failureOf, type RunEnd } from '../../run-end.ts';
import type { KeptState } from '../../snapshot/kept-state.ts';
import type { Captured, EventInput, Exported, KeptHandlers, KeptRun } from '../launch.ts';
import type { LineWriter } from '../line-writer.ts';
import type { InstancePorts } from './instances.ts';
import { withinTime } from './time-limit.ts';

/** Of one that ended well before it was called. */
const early: RunEnd = { kind: 'trapped', message: 'it exited before it could be called', stack: [] };

/** One instance that is started once and then called for one event after the other. */
export class KeptInstance {
  readonly #ports: InstancePorts;
  readonly #run: KeptRun;
  readonly #writers: Readonly<Record<'stdout' | 'stderr', LineWriter>>;
  readonly #started = Promise.withResolvers<RunEnd | undefined>();
  #isOver = false;

  /** `state` is what it goes on from, or `onAfresh` is told why not. */
  constructor(
    application: HostedApplication,
    ports: InstancePorts,
    state?: KeptState,
    onAfresh: (reason: string) => void = () => {},
  ) {
    this.#ports = ports;
    this.#writers = ports.lines.writers();
    const handlers: KeptHandlers = {
      onReady: () => this.#started.resolve(undefined),
      onAfresh,
      onOutput: (stream, bytes) => this.#writers[stream].write(bytes),
      onEnd: (end) => {
        this.#isOver = true;
        this.#started.resolve(failureOf(end) === undefined ? early : end);
      },
    };
    this.#run = ports.keep(application, handlers, state);
  }

  /** Whether it can't be called any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when it can be called, or with how it ended before. */
  async started(): Promise<RunEnd | undefined> {
    const end = await this.#withinTime(this.#started.promise);
    this.#finishLines();
    return end;
  }

  /** Calls it; how that ended, undefined where it was stopped from outside. */
  async handle(event: EventInput): Promise<RunEnd | undefined> {
    const end = await this.#withinTime(this.#run.handle(event));
    this.#finishLines();
    return end;
  }

  /** Its state; not while it is called. */
  capture(): Promise<Captured> {
    return this.#run.capture();
  }

  /** Has it write its state by itself, in its time; not while it is called. */
  async exportState(bytesMax: number, timeMs: number): Promise<Exported> {
    using _deadline = this.#ports.clock.after(timeMs, () => void this.stop());
    const exported = await this.#run.exportState(bytesMax);
    this.#finishLines();
    return exported;
  }

  relink(next: HostedApplication): Promise<boolean> {
    return this.#run.relink(next);
  }

  usage(): ReturnType<KeptRun['usage']> {
    return this.#run.usage();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#run.stop();
    this.#started.resolve(undefined);
  }

  #withinTime(ended: Promise<RunEnd | undefined>): Promise<RunEnd | undefined> {
    const { clock, timeLimitMs } = this.#ports;
    return withinTime(clock, timeLimitMs, { ended, stop: () => this.stop() });
  }

  #finishLines(): void {
    for (const writer of Object.values(this.#writers)) writer.finish();
  }
}
