import type { HostedApplication } from '../../protocol.ts';
import type { RunEnd } from '../../run-end.ts';
import type { EventInput, Run } from '../launch.ts';
import { type InstancePorts, type Instances, usageOfAll } from './instances.ts';
import { withinTime } from './time-limit.ts';

interface FreshRun {
  readonly run: Run;
  readonly stop: () => Promise<void>;
}

/** An instance for each event, which ends with it. */
export class FreshInstances implements Instances {
  readonly restarts = 0;
  readonly #ports: InstancePorts;
  readonly #runs = new Set<FreshRun>();
  #fuelOfEnded = 0;

  constructor(ports: InstancePorts) {
    this.#ports = ports;
  }

  prepare(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async handle(application: HostedApplication, event: EventInput): Promise<RunEnd | undefined> {
    const { launch, clock, lines, timeLimitMs } = this.#ports;
    const writers = lines.writers();
    const { promise: ended, resolve } = Promise.withResolvers<RunEnd | undefined>();
    const handlers = {
      onStarted: () => {},
      onOutput: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => writers[stream].write(bytes),
      onEnd: resolve,
    };
    const run = launch(application, handlers, event);
    const stop = (): Promise<void> => run.stop().then(() => resolve(undefined));
    const fresh = { run, stop };
    this.#runs.add(fresh);
    const end = await withinTime(clock, timeLimitMs, { ended, stop });
    this.#runs.delete(fresh);
    this.#fuelOfEnded += run.usage().fuelSpent;
    for (const writer of Object.values(writers)) writer.finish();
    return end;
  }

  /** The next events have them; what is at work ends with those that it began with. */
  relink(): Promise<boolean> {
    return Promise.resolve(true);
  }

  usage() {
    const now = [...this.#runs].map(({ run }) => run.usage());
    return usageOfAll(now, this.#fuelOfEnded);
  }

  snapshot(): undefined {
    return undefined;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#runs].map(({ stop }) => stop()));
  }
}
