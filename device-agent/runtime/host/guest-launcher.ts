import { type Clock, DiskError, type Random } from '../../../platform/ports.ts';
import type { HostedApplication } from '../protocol.ts';
import { directoryOf } from '../wasi/file-tree.ts';
import type { GuestWorld } from '../wasi/world.ts';
import { type CompiledModules, UnfitModule } from './compiled-modules.ts';
import { FuelMeter } from './fuel-meter.ts';
import { Guest } from './guest.ts';
import type { Launch, RunHandlers } from './launch.ts';
import type { Turns } from './turns.ts';

/** What guests are launched with. */
export interface LauncherOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly turns: Turns;
  readonly modules: CompiledModules;
}

/** All that an application sees; what it waits for ends with the signal. */
function worldOf(
  application: HostedApplication,
  { clock, random }: LauncherOptions,
  onOutput: RunHandlers['onOutput'],
  signal: AbortSignal,
): GuestWorld {
  const { name, args, env, config } = application;
  const text = new TextEncoder().encode(`${JSON.stringify(config)}\n`);
  return {
    args: [name, ...args],
    environment: env,
    directories: { '/config': directoryOf({ 'config.json': text }) },
    now: clock.now,
    monotonic: clock.monotonic,
    random: random.bytes,
    wait: (delayMs) => clock.sleep(delayMs, signal),
    output: onOutput,
  };
}

/** One run, from its module on disk to its end. */
class GuestRun {
  readonly #abort = new AbortController();
  readonly #application: HostedApplication;
  readonly #options: LauncherOptions;
  readonly #handlers: RunHandlers;
  readonly #done: Promise<void>;
  #guest: Guest | undefined;

  constructor(application: HostedApplication, options: LauncherOptions, handlers: RunHandlers) {
    this.#application = application;
    this.#options = options;
    this.#handlers = handlers;
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#guest?.stop();
    await this.#done;
  }

  usage() {
    return { memoryBytes: this.#guest?.memoryBytes() ?? 0, fuelSpent: this.#guest?.fuelSpent() ?? 0 };
  }

  async #run(): Promise<void> {
    const { onEnd } = this.#handlers;
    try {
      const module = await this.#options.modules.module(this.#application.prepared);
      if (this.#abort.signal.aborted) return;
      this.#guest = this.#newGuest(module);
      const end = await this.#guest.run();
      if (end !== undefined && end.kind !== 'resident') onEnd(end);
    } catch (error) {
      if (!(error instanceof UnfitModule || error instanceof DiskError)) throw error;
      if (!this.#abort.signal.aborted) onEnd({ kind: 'refused', message: error.message });
    }
  }

  #newGuest(module: WebAssembly.Module): Guest {
    const { clock, turns } = this.#options;
    const { onOutput, onStarted } = this.#handlers;
    const { name, limits, prepared } = this.#application;
    const { importedMemory } = prepared.traits;
    return new Guest(worldOf(this.#application, this.#options, onOutput, this.#abort.signal), {
      ...{ name, module, turns, clock, onStarted },
      ...(importedMemory === undefined ? {} : { memory: new WebAssembly.Memory(importedMemory) }),
      meter: new FuelMeter(limits ?? {}, clock.monotonic()),
    });
  }
}

/** Launches applications as guests of this process, all on one thread. */
export function guestLauncher(options: LauncherOptions): Launch {
  return (application, handlers) => new GuestRun(application, options, handlers);
}
