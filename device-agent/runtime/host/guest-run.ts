import { FileError } from '../../../platform/file-handles.ts';
import { DiskError } from '../../../platform/ports.ts';
import { memoryBytesMax } from '../../../schemas/memory-limit.ts';
import type { HostedApplication } from '../protocol.ts';
import type { RunEnd } from '../run-end.ts';
import { type CompiledApplication, type CompiledModules, UnfitModule } from './compiled-modules.ts';
import type { EventStreams } from './event-streams.ts';
import { FuelMeter } from './fuel-meter.ts';
import { Guest, type GuestEnd, type GuestWork } from './guest.ts';
import type { GuestThread } from './guest-thread.ts';
import { type WorldPorts, worldOf } from './guest-world.ts';
import type { EventInput, Run, RunHandlers } from './launch.ts';
import { RunTimers } from './run-timers.ts';

/** What guests are run with. */
export interface RunPorts extends WorldPorts {
  readonly thread: GuestThread;
  readonly modules: CompiledModules;
}

/** What is run, and how. */
export interface RunTerms {
  readonly application: HostedApplication;
  readonly handlers: Omit<RunHandlers, 'onEnd'> & { onEnd(end: GuestEnd): void };
  /** Its standard streams, where they are not the log. */
  readonly input: EventInput | EventStreams | undefined;
  /** What is done with it first. */
  readonly start: (compiled: CompiledApplication) => GuestWork<GuestEnd>;
}

/** A guest from its module on disk to its end. */
export class GuestRun implements Run {
  #isStopped = false;
  readonly #terms: RunTerms;
  readonly #ports: RunPorts;
  readonly #timers: RunTimers;
  readonly #done: Promise<void>;
  #guest: Guest | undefined;

  constructor(terms: RunTerms, ports: RunPorts) {
    this.#terms = terms;
    this.#ports = ports;
    this.#timers = new RunTimers(ports.clock);
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#guest?.stop();
    this.#timers[Symbol.dispose]();
    await this.#done;
  }

  /** Works with one that stays; how that ended, undefined where it was stopped. */
  async again<End extends { readonly kind: string }>(work: GuestWork<End>) {
    return this.#guest?.work(work);
  }

  usage() {
    return { memoryBytes: this.#guest?.memoryBytes() ?? 0, fuelSpent: this.#guest?.fuelSpent() ?? 0 };
  }

  async relink(application: HostedApplication): Promise<boolean> {
    try {
      const { linkage } = await this.#ports.modules.application(application);
      return linkage !== undefined && this.#guest !== undefined && (await this.#guest.relink(linkage));
    } catch (error) {
      // Its new start meets it again, and tells.
      if (error instanceof UnfitModule || error instanceof DiskError) return false;
      throw error;
    }
  }

  async #run(): Promise<void> {
    const { application, handlers, start } = this.#terms;
    try {
      const compiled = await this.#ports.modules.application(application);
      if (this.#isStopped) return;
      this.#guest = this.#newGuest(compiled);
      const end = await this.#guest.work(start(compiled));
      // It may be stopped while what it wrote is made durable.
      if (end !== undefined && !this.#isStopped) handlers.onEnd(end);
    } catch (error) {
      const end = endBefore(error);
      if (!this.#isStopped) handlers.onEnd(end);
    }
  }

  #newGuest(compiled: CompiledApplication): Guest {
    const { clock, thread } = this.#ports;
    const { application, handlers, input } = this.#terms;
    const { name, limits, events } = application;
    const fuelPerRun = events?.fuel ?? limits?.fuelPerRun;
    const onStarted = (): void => handlers.onStarted();
    const world = worldOf(application, this.#ports, (...printed) => handlers.onOutput(...printed), this.#timers, input);
    return new Guest(world, {
      ...{ name, compiled, thread, clock, onStarted, memoryBytesMax: memoryBytesMax(application) },
      meter: new FuelMeter({ ...limits, ...(fuelPerRun === undefined ? {} : { fuelPerRun }) }, clock.monotonic()),
    });
  }
}

/** The end of one that did not come to its first instruction. What a disk has no room for, or can't read, it may have at the next try. */
function endBefore(error: unknown): RunEnd {
  if (error instanceof UnfitModule) return { kind: 'refused', message: error.message };
  if (error instanceof DiskError || error instanceof FileError) {
    return { kind: 'trapped', message: `it could not be started: ${error.message}`, stack: [] };
  }
  throw error;
}
