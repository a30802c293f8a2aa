import type { HostedApplication } from '../../protocol.ts';
import type { RunEnd } from '../../run-end.ts';
import type { EventInput } from '../launch.ts';
import type { InstancePorts, Instances } from './instances.ts';
import { KeptInstance } from './kept-instance.ts';
import type { StateKeeper } from './state-keeper.ts';

/** How long what is at work has to come to its end before its state is written for the last time. */
const lastEventMsMax = 3_000;

/** Instances that stay and are called for one event after the other; one that did not come back from a call is made anew. */
export class KeptInstances implements Instances {
  readonly #ports: InstancePorts;
  readonly #all = new Set<KeptInstance>();
  readonly #idle: KeptInstance[] = [];
  /** Those that did not come back from a call, and how many of them were made anew. */
  #ended = 0;
  #restarts = 0;
  #fuelOfEnded = 0;

  readonly #keeper: StateKeeper | undefined;
  /** What is done with an instance now, where its state is kept: there is one, and it is called or captured. */
  #work: Promise<unknown> = Promise.resolve();

  /** With a keeper there is one instance at a time. */
  constructor(ports: InstancePorts, keeper?: StateKeeper) {
    this.#ports = ports;
    this.#keeper = keeper;
  }

  get restarts(): number {
    return this.#restarts;
  }

  async prepare(application: HostedApplication): Promise<RunEnd | undefined> {
    if (this.#all.size > 0) return undefined;
    const { instance, end } = await this.#open(application);
    this.#rest(instance);
    return end;
  }

  handle(application: HostedApplication, event: EventInput): Promise<RunEnd | undefined> {
    return this.#keeper === undefined
      ? this.#handle(application, event)
      : this.#alone(() => this.#handle(application, event));
  }

  /** Between two calls each goes on with what it has. */
  async relink(next: HostedApplication): Promise<boolean> {
    const relinked = await Promise.all([...this.#all].map((instance) => instance.relink(next)));
    return relinked.every(Boolean);
  }

  usage() {
    const now = [...this.#all].map((instance) => instance.usage());
    return {
      memoryBytes: now.reduce((sum, one) => sum + one.memoryBytes, 0),
      fuelSpent: now.reduce((sum, one) => sum + one.fuelSpent, this.#fuelOfEnded),
    };
  }

  snapshot() {
    return this.#keeper?.report();
  }

  async stop(): Promise<void> {
    if (this.#keeper !== undefined) await this.#keepLast(this.#keeper);
    await Promise.all([...this.#all].map((instance) => instance.stop()));
  }

  async #handle(application: HostedApplication, event: EventInput): Promise<RunEnd | undefined> {
    const idle = this.#idle.pop();
    const { instance, end } = idle === undefined ? await this.#open(application) : { instance: idle, end: undefined };
    const handled = instance.isOver ? end : await instance.handle(event);
    if (!instance.isOver) this.#keeper?.handled(() => void this.#keep());
    this.#rest(instance);
    return handled;
  }

  /** Does one thing after the other. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => {});
    return done;
  }

  /** Has the state of the instance written; resolves when it was captured. */
  #keep(): Promise<void> {
    return this.#alone(async () => {
      const [instance] = this.#idle;
      if (instance !== undefined && !instance.isOver) void this.#keeper?.keep(await instance.capture());
    });
  }

  async #keepLast(keeper: StateKeeper): Promise<void> {
    const { promise: isLate, resolve } = Promise.withResolvers<void>();
    using _deadline = this.#ports.clock.after(lastEventMsMax, resolve);
    await Promise.race([this.#work, isLate]);
    if (keeper.isBehind) await Promise.race([this.#keep(), isLate]);
    await keeper.close();
  }

  async #open(application: HostedApplication) {
    if (this.#ended > this.#restarts) this.#restarts += 1;
    const keeper = this.#keeper;
    const instance = new KeptInstance(application, this.#ports, keeper?.next(), (reason) => keeper?.afresh(reason));
    this.#all.add(instance);
    return { instance, end: await instance.started() };
  }

  /** It waits for its next event, or is let go of. */
  #rest(instance: KeptInstance): void {
    if (!instance.isOver) {
      this.#idle.push(instance);
      return;
    }
    this.#all.delete(instance);
    this.#fuelOfEnded += instance.usage().fuelSpent;
    this.#ended += 1;
    this.#keeper?.died();
  }
}
