import type { HostedApplication } from '../../protocol.ts';
import type { RunEnd } from '../../run-end.ts';
import type { EventInput } from '../launch.ts';
import type { InstancePorts, Instances } from './instances.ts';
import { KeptInstance } from './kept-instance.ts';

/** Instances that stay and are called for one event after the other; one that did not come back from a call is made anew. */
export class KeptInstances implements Instances {
  readonly #ports: InstancePorts;
  readonly #all = new Set<KeptInstance>();
  readonly #idle: KeptInstance[] = [];
  /** Those that did not come back from a call, and how many of them were made anew. */
  #ended = 0;
  #restarts = 0;
  #fuelOfEnded = 0;

  constructor(ports: InstancePorts) {
    this.#ports = ports;
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

  async handle(application: HostedApplication, event: EventInput): Promise<RunEnd | undefined> {
    const idle = this.#idle.pop();
    const { instance, end } = idle === undefined ? await this.#open(application) : { instance: idle, end: undefined };
    const handled = instance.isOver ? end : await instance.handle(event);
    this.#rest(instance);
    return handled;
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

  async stop(): Promise<void> {
    await Promise.all([...this.#all].map((instance) => instance.stop()));
  }

  async #open(application: HostedApplication) {
    if (this.#ended > this.#restarts) this.#restarts += 1;
    const instance = new KeptInstance(application, this.#ports);
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
  }
}
