import type { HostedApplication } from '../../protocol.ts';
import { notTakenOver, type RunEnd } from '../../run-end.ts';
import type { EventInput } from '../launch.ts';
import { type InstancePorts, type Instances, usageOfAll } from './instances.ts';
import { KeptInstance } from './kept-instance.ts';
import type { StateKeeper } from './state-keeper.ts';

/** What a module writes of its own state. */
const exportedBytesMax = 16 * 2 ** 20;
/** How long it has for that. */
const exportMsMax = 2_000;

/** An instance that was started, or how that ended. */
interface Opened {
  readonly instance: KeptInstance | undefined;
  readonly end: RunEnd | undefined;
}

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

  prepare(application: HostedApplication): Promise<RunEnd | undefined> {
    return this.#alone(async () => {
      if (this.#all.size > 0) return undefined;
      const { instance, end } = await this.#open(application);
      this.#rest(instance);
      return end;
    });
  }

  handle(application: HostedApplication, event: EventInput): Promise<RunEnd | undefined> {
    return this.#alone(() => this.#handle(application, event));
  }

  /** Between two calls each goes on with what it has. */
  async relink(next: HostedApplication): Promise<boolean> {
    const relinked = await Promise.all([...this.#all].map((instance) => instance.relink(next)));
    return relinked.every(Boolean);
  }

  usage() {
    const now = [...this.#all].map((instance) => instance.usage());
    return usageOfAll(now, this.#fuelOfEnded);
  }

  snapshot() {
    return this.#keeper?.report();
  }

  async stop(lastEventMsMax: number): Promise<void> {
    if (this.#keeper !== undefined) await this.#keepLast(this.#keeper, lastEventMsMax);
    await Promise.all([...this.#all].map((instance) => instance.stop()));
  }

  async #handle(application: HostedApplication, event: EventInput): Promise<RunEnd | undefined> {
    const idle = this.#idle.pop();
    const { instance, end } = idle === undefined ? await this.#open(application) : { instance: idle, end: undefined };
    const handled = instance === undefined || instance.isOver ? end : await instance.handle(event);
    if (instance?.isOver === false) this.#keeper?.handled(() => void this.#keep());
    this.#rest(instance);
    return handled;
  }

  /** Does one thing after the other where there is one instance. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.#keeper === undefined) return work();
    const done = this.#work.then(work);
    this.#work = done.catch(() => {});
    return done;
  }

  /** Has the state of the instance written; resolves when it was captured. */
  #keep(isOnlyChance = false): Promise<void> {
    return this.#alone(async () => {
      const [instance] = this.#idle;
      if (instance === undefined || instance.isOver) return;
      const captured = await instance.capture();
      // What had to be stopped meanwhile is not written: another may have its place.
      if (!instance.isOver) void this.#keeper?.keep(captured, isOnlyChance);
    });
  }

  async #keepLast(keeper: StateKeeper, lastEventMsMax: number): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<'late'>();
    using _deadline = this.#ports.clock.after(lastEventMsMax, () => resolve('late'));
    let last = await Promise.race([this.#work, late]);
    if (last !== 'late' && keeper.isBehind) last = await Promise.race([this.#keep(true), late]);
    const [idle] = this.#idle;
    // Amid a capture it may not be called.
    if (last !== 'late' && keeper.isMigrating && idle !== undefined && !idle.isOver)
      void keeper.keepExported(await idle.exportState(exportedBytesMax, exportMsMax));
    await keeper.close();
  }

  async #open(application: HostedApplication): Promise<Opened> {
    if (this.#ended > this.#restarts) this.#restarts += 1;
    const keeper = this.#keeper;
    const choice = keeper?.next() ?? { kind: 'none' };
    if (choice.kind === 'lost') return this.#refused(choice.reason);
    const state = 'state' in choice ? choice.state : undefined;
    const instance = new KeptInstance(application, this.#ports, state, (reason) => keeper?.afresh(reason));
    this.#all.add(instance);
    const end = await instance.started();
    if (choice.kind === 'taken-over' && !instance.isOver) await this.#tookOver(instance);
    return { instance, end };
  }

  /** From now on the state is its own: a power cut does not take it back to that of the release before it. */
  async #tookOver(instance: KeptInstance): Promise<void> {
    this.#keeper?.tookOver();
    const captured = await instance.capture();
    if (!instance.isOver) await this.#keeper?.keep(captured, true);
  }

  #refused(reason: string): Opened {
    this.#ended += 1;
    return { instance: undefined, end: notTakenOver(reason) };
  }

  /** It waits for its next event, or is let go of. */
  #rest(instance: KeptInstance | undefined): void {
    if (instance === undefined) return;
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
