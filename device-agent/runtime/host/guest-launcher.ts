import { FileError } from '../../../platform/file-handles.ts';
import { type Clock, DiskError, type Random } from '../../../platform/ports.ts';
import { memoryBytesMax } from '../../../schemas/memory-limit.ts';
import type { OutboxPort } from '../../outbox/files/outbox-port.ts';
import { channelDirectories } from '../channels/channel-directories.ts';
import type { ChannelHub } from '../channels/channel-hub.ts';
import type { LostMessages } from '../channels/lost-messages.ts';
import type { Grants } from '../grants/grants.ts';
import type { OpenDirectory } from '../primitives/open-directory.ts';
import { fileDirectory } from '../primitives/read-only-directory.ts';
import { emptyInput, outputTo } from '../primitives/streams.ts';
import { suspendingWait } from '../primitives/waiting.ts';
import type { HostedApplication } from '../protocol.ts';
import type { RunEnd } from '../run-end.ts';
import type { GuestWorld } from '../wasi/world.ts';
import { type CompiledApplication, type CompiledModules, UnfitModule } from './compiled-modules.ts';
import { EventStreams } from './event-streams.ts';
import { FuelMeter } from './fuel-meter.ts';
import { Guest } from './guest.ts';
import type { Entry } from './guest-instances.ts';
import type { EventInput, Launch, RunHandlers } from './launch.ts';
import type { LeftMemories } from './left-memories.ts';
import { RunTimers } from './run-timers.ts';
import type { Turns } from './turns.ts';

/** What guests are launched with. */
export interface LauncherOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly turns: Turns;
  readonly modules: CompiledModules;
  readonly memories: LeftMemories;
  readonly hub: ChannelHub;
  readonly outbox: OutboxPort;
  readonly lost: LostMessages;
  readonly grants: Grants;
}

/** The directory `/config`, which nobody writes to. */
function configuration(config: HostedApplication['config']): OpenDirectory {
  const text = new TextEncoder().encode(`${JSON.stringify(config)}\n`);
  return fileDirectory({ 'config.json': text });
}

/** All that an application sees. */
function worldOf(
  application: HostedApplication,
  { clock, random, hub, outbox, lost, grants }: LauncherOptions,
  onOutput: RunHandlers['onOutput'],
  timers: RunTimers,
  event: EventInput | EventStreams | undefined,
): Omit<GuestWorld, 'leave'> {
  const { name, args, env, config } = application;
  const channels = channelDirectories(application, { hub, outbox }, () => lost.add(name));
  const { directories, abandon } = grants.open(application, (text) =>
    onOutput('stderr', new TextEncoder().encode(`fleet: ${text}\n`)),
  );
  return {
    args: [name, ...args],
    environment: event instanceof EventStreams ? event.environment : { ...event?.environment, ...env },
    directories: { '/config': configuration(config), ...channels, ...directories },
    abandon,
    stdin: event?.stdin ?? emptyInput,
    // As a terminal, so that programs write line by line.
    stdout: event?.stdout ?? { ...outputTo((bytes) => onOutput('stdout', bytes)), isTerminal: true },
    stderr: { ...outputTo((bytes) => onOutput('stderr', bytes)), isTerminal: true },
    now: clock.now,
    monotonic: clock.monotonic,
    random: random.bytes,
    wait: suspendingWait(timers),
  };
}

/** One run, from its module on disk to its end. */
class GuestRun {
  #isStopped = false;
  readonly #application: HostedApplication;
  readonly #options: LauncherOptions;
  readonly #handlers: RunHandlers;
  readonly #event: EventInput | undefined;
  /** Of one that is called for its events. */
  readonly #streams: EventStreams | undefined;
  readonly #timers: RunTimers;
  readonly #done: Promise<void>;
  #guest: Guest | undefined;

  constructor(
    application: HostedApplication,
    options: LauncherOptions,
    handlers: RunHandlers,
    event: EventInput | undefined,
  ) {
    this.#event = event;
    this.#application = application;
    this.#options = options;
    this.#handlers = handlers;
    this.#timers = new RunTimers(options.clock);
    const { events, env } = application;
    const log = outputTo((bytes) => handlers.onOutput('stdout', bytes));
    this.#streams = events?.instance === 'kept' ? new EventStreams(log, env) : undefined;
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#guest?.stop();
    this.#timers[Symbol.dispose]();
    await this.#done;
  }

  async handle(event: EventInput): Promise<RunEnd | undefined> {
    const { handler = '' } = this.#application.events ?? {};
    this.#streams?.begin(event);
    const end = await this.#guest?.work(async ({ instance, call }) => {
      const result = await call(instance.exports[handler] as Entry);
      return { kind: 'resident', exitCode: Number(result ?? 0) } as const;
    });
    this.#streams?.end();
    if (end?.kind === 'resident') return { kind: 'exited', exitCode: end.exitCode };
    if (end !== undefined) this.#handlers.onEnd(end);
    return end;
  }

  usage() {
    return { memoryBytes: this.#guest?.memoryBytes() ?? 0, fuelSpent: this.#guest?.fuelSpent() ?? 0 };
  }

  async relink(application: HostedApplication): Promise<boolean> {
    try {
      const { linkage } = await this.#options.modules.application(application);
      return linkage !== undefined && this.#guest !== undefined && (await this.#guest.relink(linkage));
    } catch (error) {
      // Its new start meets it again, and tells.
      if (error instanceof UnfitModule || error instanceof DiskError) return false;
      throw error;
    }
  }

  async #run(): Promise<void> {
    const { onEnd, onReady } = this.#handlers;
    try {
      const compiled = await this.#options.modules.application(this.#application);
      if (this.#isStopped) return;
      this.#guest = this.#newGuest(compiled);
      const end = await this.#guest.run();
      if (end?.kind === 'resident') onReady?.();
      else if (end !== undefined) onEnd(end);
    } catch (error) {
      if (!(error instanceof UnfitModule || error instanceof DiskError || error instanceof FileError)) throw error;
      if (!this.#isStopped) onEnd({ kind: 'refused', message: error.message });
    }
  }

  #newGuest(compiled: CompiledApplication): Guest {
    const { clock, turns, memories } = this.#options;
    const { onOutput, onStarted } = this.#handlers;
    const { name, limits, events } = this.#application;
    const fuelPerRun = events?.fuel ?? limits?.fuelPerRun;
    return new Guest(worldOf(this.#application, this.#options, onOutput, this.#timers, this.#streams ?? this.#event), {
      ...{ name, compiled, turns, clock, onStarted, memories, memoryBytesMax: memoryBytesMax(this.#application) },
      meter: new FuelMeter({ ...limits, ...(fuelPerRun === undefined ? {} : { fuelPerRun }) }, clock.monotonic()),
    });
  }
}

/** Launches applications as guests of this process, all on one thread. */
export function guestLauncher(options: LauncherOptions): Launch {
  return (application, handlers, event) => new GuestRun(application, options, handlers, event);
}
