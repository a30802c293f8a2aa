import { makeDirectoryDurably } from '../platform/durable-file.ts';
import type { Clock, Disk, Log, Network, Random } from '../platform/ports.ts';
import type { AgentConfiguration } from '../schemas/generated/types.ts';
import type { DownloadContext } from './download/fetch-module.ts';
import { type AgentTime, ReleaseMetadata } from './download/metadata.ts';
import { HealthWatch } from './health/watch.ts';
import { composeReport } from './report/compose.ts';
import { Reporter } from './report/reporter.ts';
import { type AgentStatus, writeStatus } from './report/status-file.ts';
import type { AppRuntime } from './runtime/app-runtime.ts';
import { ModuleStore } from './storage/module-store.ts';
import type { ShadowLink } from './transport/shadow-link.ts';
import { Activator } from './update/activator.ts';
import { collectGarbage } from './update/collect.ts';
import type { EngineEvent } from './update/decide.ts';
import { Engine } from './update/engine.ts';
import { Fetcher, Turn } from './update/fetcher.ts';
import { Intake } from './update/intake.ts';
import { openJournal } from './update/journal.ts';
import { Ledger } from './update/ledger.ts';
import { Slots } from './update/slots.ts';

/** What an agent is made of; everything it does goes through these. */
export interface AgentOptions {
  readonly ports: { readonly clock: Clock; readonly disk: Disk; readonly random: Random; readonly log: Log };
  readonly configuration: AgentConfiguration;
  readonly runtime: AppRuntime;
  readonly link: ShadowLink;
  readonly network: Network;
  readonly agentVersion: string;
}

export interface Agent {
  /** Runs at once what the disk says, and connects. Throws only when the state directory or the trust root can't be used. */
  start(): void;
  /** Stops connecting, fetching and judging, and all applications. What it was doing goes on at the next start. */
  stop(): Promise<void>;
  status(): AgentStatus;
}

/** Where the agent keeps what, below its state directory. */
function openFiles(disk: Disk, stateDirectory: string) {
  const partialDirectory = `${stateDirectory}/partial`;
  makeDirectoryDurably(disk, partialDirectory);
  return {
    partialDirectory,
    store: new ModuleStore(disk, `${stateDirectory}/sha256`),
    slots: new Slots(disk, `${stateDirectory}/deployments`),
    ledger: new Ledger(disk, stateDirectory),
    ...openJournal(disk, stateDirectory),
  };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

/** Opens the state directory and puts the agent together; nothing runs before `start`. */
export function createAgent(options: AgentOptions): Agent {
  const { configuration, runtime, link, network, agentVersion } = options;
  const { clock, disk, random, log } = options.ports;
  const stateDirectory = configuration.stateDirectory ?? '/var/lib/fleet/agent';
  const { partialDirectory, store, slots, ledger, journal, memory: stored } = openFiles(disk, stateDirectory);
  let memory = stored;
  let isConnected = false;

  const time: AgentTime = {
    nowMs: () => Math.max(ledger.timeFloorMs, clock.now()),
    raise: (signedMs) => ledger.raiseTimeFloor(signedMs),
  };
  const countBytes = (bytes: number): void => ledger.countBytes(bytes);
  const controller = withoutSlash(configuration.controller);
  const artifacts = withoutSlash(configuration.artifacts ?? configuration.controller);
  const emit = (event: EngineEvent): void => engine.dispatch(event);

  const bornRoot = disk.readFile(configuration.trustRoot);
  const metadata = new ReleaseMetadata({
    ...{ disk, network, time, countBytes, bornRoot },
    directory: `${stateDirectory}/trust`,
    server: controller,
  });
  const context: DownloadContext = {
    ...{ disk, network, store, partialDirectory, artifacts, countBytes },
    collect: () => collectGarbage({ store, slots }, memory),
  };
  const fetching = {
    context,
    metadata,
    clock,
    random,
    log,
    emit,
    onProgress: () => reporter.changed(),
    turn: new Turn(),
  };
  const fetcher = new Fetcher({ ...fetching, isRepairing: false });
  const repairer = new Fetcher({ ...fetching, isRepairing: true });
  const activator = new Activator({ runtime, store, slots, clock, random, log, emit });
  const health = new HealthWatch(clock, runtime);
  const intake = new Intake({
    ...{ network, artifacts, metadata, time, countBytes, clock, random, log, emit },
    device: configuration.device,
    memory: () => memory,
  });
  const engine = new Engine(
    {
      ...{ journal, slots, store, disk, partialDirectory, fetcher, repairer, activator, health, emit },
      memory: () => memory,
      remember: (committed) => {
        if (committed.engine.state !== memory.engine.state || committed.problem?.code !== memory.problem?.code) {
          const { sequence } = committed.highest;
          log.write('info', 'engine.phase', {
            phase: committed.engine.state,
            highest: sequence,
            problem: committed.problem?.code,
          });
        }
        memory = committed;
        reporter.changed();
      },
    },
    clock,
    log,
    time.nowMs,
  );
  const compose = (counter: number) =>
    composeReport({
      ...{ memory, agentVersion, counter },
      applications: runtime.states(),
      progress: fetcher.progress(),
      bytesReceived: ledger.bytesReceived,
      nowMs: time.nowMs(),
    });
  const statusOf = (report: AgentStatus['report']): AgentStatus => ({
    device: configuration.device,
    connected: isConnected,
    report,
  });
  const reporter = new Reporter({
    ...{ clock, random, log, link, compose },
    intervalMs: (configuration.reportIntervalSeconds ?? 900) * 1000,
    takeCounter: () => ledger.takeCounter(),
    leave: (report) => writeStatus(disk, stateDirectory, statusOf(report)),
  });

  return {
    start: () => {
      runtime.onChange(() => {
        health.look();
        reporter.changed();
      });
      engine.dispatch({ kind: 'booted' });
      link.start({
        onDesired: (desired) => intake.consider(desired),
        onConnection: (connected) => {
          isConnected = connected;
          reporter.connection(connected);
          if (!connected) return;
          fetcher.nudge();
          repairer.nudge();
          intake.nudge();
        },
      });
    },
    stop: async () => {
      engine.stop();
      intake.stop();
      fetcher.stop();
      repairer.stop();
      health.stop();
      activator.stop();
      reporter.stop();
      await link.stop();
      await runtime.stop();
    },
    status: () => statusOf(compose(ledger.lastCounter)),
  };
}
