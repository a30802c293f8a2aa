import type { Clock, Log, Random } from '../../platform/ports.ts';
import { deployedModules } from '../../schemas/deployed-modules.ts';
import type { DeployedApplication, Deployment } from '../../schemas/generated/types.ts';
import { backoffMs } from '../download/backoff.ts';
import { type AppRuntime, runnable } from '../runtime/app-runtime.ts';
import type { ModuleStore } from '../storage/module-store.ts';
import { deploymentDamage, dropDamagedModules, moduleDamage } from './damage.ts';
import type { EngineEvent } from './decide.ts';
import type { Slots } from './slots.ts';
import type { Slot } from './state.ts';

/** Between two tries to start what must run; nothing else is left. */
const mostMs = 5 * 60_000;

/** One wish of what is to run. */
interface Wish {
  readonly sequence: number;
  readonly applications: readonly DeployedApplication[];
  readonly lastResort: boolean;
  /** The deployment that ran before, where state is handed over from it. */
  readonly before?: Deployment | undefined;
  /** What is told once these applications were started. */
  readonly done: EngineEvent | undefined;
}

/** The release in whose place an application runs, where it takes over its state. */
function predecessorOf({ name, sha256, handover }: DeployedApplication, { before, sequence }: Wish) {
  const release = handover && before?.applications.find((one) => one.name === name);
  return release === undefined || release.sha256 === sha256
    ? {}
    : { predecessor: { sha256: release.sha256, sequence } };
}

/** Tells the app host what to run, one wish after the other; only modules whose bytes were digested again are ever run. */
export class Activator {
  readonly #runtime: AppRuntime;
  readonly #store: ModuleStore;
  readonly #slots: Slots;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Log;
  readonly #emit: (event: EngineEvent) => void;
  readonly #onApply: (applications: readonly DeployedApplication[]) => void;
  #wish: Wish | undefined;
  #isBusy = false;
  #isStopped = false;

  constructor(options: {
    readonly runtime: AppRuntime;
    readonly store: ModuleStore;
    readonly slots: Slots;
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Log;
    readonly emit: (event: EngineEvent) => void;
    readonly onApply: (applications: readonly DeployedApplication[]) => void;
  }) {
    this.#runtime = options.runtime;
    this.#store = options.store;
    this.#slots = options.slots;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#log = options.log;
    this.#emit = options.emit;
    this.#onApply = options.onApply;
  }

  /**
   * Runs this deployment, in the place of `before`; the last resort without what is damaged of it, any other not at all then.
   */
  activate(slot: Slot, lastResort: boolean, before?: Slot): void {
    const { sequence } = slot;
    const deployment = this.#slots.load(slot);
    if (deployment === undefined) {
      this.#emit({ kind: 'damaged', sequence, repairable: false, problem: deploymentDamage(sequence) });
      return;
    }
    const damaged = dropDamagedModules(this.#store, deployment);
    if (damaged.size === 0) {
      this.#want({
        sequence,
        applications: deployment.applications,
        lastResort,
        before: before && this.#slots.load(before),
        done: { kind: 'activated', sequence },
      });
      return;
    }
    const problem = moduleDamage(deployment, damaged);
    const event: EngineEvent = { kind: 'damaged', sequence, repairable: true, problem };
    if (!lastResort) {
      this.#emit(event);
      return;
    }
    const applications = deployment.applications.filter(
      (application) => !deployedModules(application).some(({ sha256 }) => damaged.has(sha256)),
    );
    this.#want({ sequence, applications, lastResort, done: event });
  }

  /** Runs nothing. */
  clear(): void {
    this.#want({ sequence: 0, applications: [], lastResort: true, done: undefined });
  }

  stop(): void {
    this.#isStopped = true;
    this.#wish = undefined;
  }

  #want(wish: Wish): void {
    if (this.#isStopped) return;
    this.#wish = wish;
    if (!this.#isBusy) void this.#work();
  }

  /** Fulfils the newest wish until there is none; a wish that a newer one replaced is never told of. */
  async #work(): Promise<void> {
    this.#isBusy = true;
    for (let failures = 0; this.#wish !== undefined; ) {
      const wish = this.#wish;
      try {
        this.#onApply(wish.applications);
        await this.#runtime.apply(
          wish.applications.map((one) => ({
            ...runnable(one, (sha256) => this.#store.pathOf(sha256)),
            ...predecessorOf(one, wish),
          })),
        );
        failures = 0;
        if (this.#wish !== wish) continue;
        this.#wish = undefined;
        if (wish.done !== undefined) this.#emit(wish.done);
      } catch (error) {
        failures += 1;
        await this.#onFailure(wish, failures, error);
      }
    }
    this.#isBusy = false;
  }

  /** A trial is over then; the last resort is tried again and again, since nothing else is left. */
  async #onFailure(wish: Wish, failures: number, error: unknown): Promise<void> {
    if (this.#wish !== wish) return;
    const { sequence } = wish;
    const message = `the app host did not start it: ${error instanceof Error ? error.message : String(error)}`;
    if (wish.lastResort) {
      this.#log.write(failures === 1 ? 'error' : 'debug', 'activate.failed', { sequence, error });
      await this.#clock.sleep(backoffMs(failures, this.#random, mostMs));
      return;
    }
    this.#wish = undefined;
    this.#emit({ kind: 'activation-failed', sequence, problem: { code: 'ACTIVATION_FAILED', message, sequence } });
  }
}
