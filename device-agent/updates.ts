import type { Clock, Disk, Log, Network, Random } from '../platform/ports.ts';
import type { Progress } from '../schemas/generated/types.ts';
import type { DownloadContext } from './download/fetch-module.ts';
import { type AgentTime, ReleaseMetadata } from './download/metadata.ts';
import type { UnpackBudget } from './download/unpack-cost.ts';
import { HealthWatch } from './health/watch.ts';
import type { AppRuntime } from './runtime/app-runtime.ts';
import type { StateFiles } from './state-files.ts';
import { Activator } from './update/activator.ts';
import { collectGarbage } from './update/collect.ts';
import { type EngineEvent, withoutDamage } from './update/decide.ts';
import { Engine } from './update/engine.ts';
import { Fetcher, Turn } from './update/fetcher.ts';
import { Intake } from './update/intake.ts';
import type { Memory } from './update/state.ts';

/** What updates are made with. */
export interface UpdatesOptions {
  readonly ports: { readonly clock: Clock; readonly disk: Disk; readonly random: Random; readonly log: Log };
  readonly files: StateFiles;
  readonly network: Network;
  readonly runtime: AppRuntime;
  readonly time: AgentTime;
  readonly device: string;
  /** URLs of the servers of metadata and of blobs, without a slash at their ends. */
  readonly controller: string;
  readonly artifacts: string;
  readonly budget: UnpackBudget;
  /** The root metadata the device was born with. */
  readonly bornRoot: Uint8Array;
  /** Called whenever `memory` or `progress` changed. */
  readonly onChange: () => void;
}

/** The update engine with all that acts for it. */
export interface Updates {
  /** Runs at once what the journal says. */
  boot(): void;
  /** The shadow's desired state, whatever it is. */
  consider(desired: unknown): void;
  /** The link came back. */
  nudge(): void;
  /** The applications may do better or worse than before. */
  lookAtHealth(): void;
  /** What the engine remembers; its problem gives way to what keeps it from remembering more. */
  memory(): Memory;
  progress(): Progress | undefined;
  stop(): void;
}

function logPhase(log: Log, before: Memory, after: Memory): void {
  const problem = after.damage ?? after.problem;
  if (before.engine.state === after.engine.state && (before.damage ?? before.problem)?.code === problem?.code) return;
  const fields = {
    phase: after.engine.state,
    highest: after.highest.sequence,
    ...(problem && { problem: problem.code }),
  };
  log.write('info', 'engine.phase', fields);
}

/** Puts the engine and its organs together; nothing happens before `boot`. */
export function createUpdates(options: UpdatesOptions): Updates {
  const { files, network, runtime, time, device, controller, artifacts, budget, bornRoot, onChange } = options;
  const { clock, disk, random, log } = options.ports;
  const { store, slots, ledger, journal, partialDirectory, trustDirectory: directory } = files;
  let memory = files.memory;
  const emit = (event: EngineEvent): void => engine.dispatch(event);
  const countBytes = (bytes: number): void => ledger.countBytes(bytes);
  const metadata = new ReleaseMetadata({ disk, network, time, countBytes, directory, server: controller, bornRoot });
  const context: DownloadContext = {
    ...{ disk, network, store, partialDirectory, artifacts, countBytes, budget },
    collect: () => collectGarbage({ store, slots }, memory),
  };
  const waiting = { clock, random, log, emit };
  const fetching = { ...waiting, context, metadata, onProgress: onChange, turn: new Turn() };
  const fetcher = new Fetcher({ ...fetching, isRepairing: false });
  const repairer = new Fetcher({ ...fetching, isRepairing: true });
  const activator = new Activator({ ...waiting, runtime, store, slots });
  const health = new HealthWatch(clock, runtime);
  const intake = new Intake({
    ...waiting,
    ...{ device, network, artifacts, metadata, time, countBytes, memory: () => memory },
  });
  const remember = (committed: Memory): void => {
    logPhase(log, memory, committed);
    memory = committed;
    onChange();
  };
  const organs = { fetcher, repairer, activator, health };
  const world = { journal, slots, store, disk, partialDirectory, ...organs, emit, memory: () => memory, remember };
  const engine = new Engine(world, clock, log, time.nowMs, onChange);
  return {
    boot: () => engine.dispatch({ kind: 'booted' }),
    consider: (desired) => intake.consider(desired),
    nudge: () => {
      for (const one of [fetcher, repairer, intake]) one.nudge();
    },
    lookAtHealth: () => health.look(),
    memory: () => (engine.trouble === undefined ? memory : { ...withoutDamage(memory), problem: engine.trouble }),
    progress: () => fetcher.progress(),
    stop: () => {
      for (const one of [engine, intake, fetcher, repairer, health, activator]) one.stop();
    },
  };
}
