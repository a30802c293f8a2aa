import type { Clock, Disk, Log, Network, Random } from '../platform/ports.ts';
import type { AgentConfiguration, Report } from '../schemas/generated/types.ts';
import type { AgentTime } from './download/metadata.ts';
import type { UnpackBudget } from './download/unpack-cost.ts';
import { composeReport } from './report/compose.ts';
import { Reporter } from './report/reporter.ts';
import { type AgentStatus, writeStatus } from './report/status-file.ts';
import type { AppRuntime } from './runtime/app-runtime.ts';
import { openStateFiles } from './state-files.ts';
import type { ShadowLink } from './transport/shadow-link.ts';
import { createUpdates } from './updates.ts';

/** What an agent is made of; everything it does goes through these. */
export interface AgentOptions {
  readonly ports: { readonly clock: Clock; readonly disk: Disk; readonly random: Random; readonly log: Log };
  readonly configuration: AgentConfiguration;
  readonly runtime: AppRuntime;
  readonly link: ShadowLink;
  readonly network: Network;
  readonly agentVersion: string;
  /** Called whenever something happened that may have left garbage in memory. */
  readonly onActivity?: () => void;
}

export interface Agent {
  /** Runs at once what the disk says, and connects. */
  start(): void;
  /** Stops connecting, fetching and judging, and all applications. What it was doing goes on at the next start. */
  stop(): Promise<void>;
  status(): AgentStatus;
}

function budgetOf({ unpack = {} }: AgentConfiguration): UnpackBudget {
  const { memoryMegabytesMax = 128, cpuSecondsMax = 60 } = unpack;
  return { memoryBytesMax: memoryMegabytesMax * 1_000_000, cpuSecondsMax };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

/**
 * Opens the state directory and puts the agent together; nothing runs before `start`. Throws when the directory or the
 * trust root can't be used: an agent without them could only do harm.
 */
export function createAgent(options: AgentOptions): Agent {
  const { ports, configuration, runtime, link, network, agentVersion, onActivity = () => {} } = options;
  const { clock, disk, random, log } = ports;
  const files = openStateFiles(disk, configuration.stateDirectory ?? '/var/lib/fleet/agent', clock.now());
  const { ledger } = files;
  const time: AgentTime = {
    nowMs: () => Math.max(ledger.timeFloorMs, clock.now()),
    raise: (signedMs) => ledger.raiseTimeFloor(signedMs),
  };
  const updates = createUpdates({
    ...{ ports, files, network, runtime, time, device: configuration.device },
    controller: withoutSlash(configuration.controller),
    artifacts: withoutSlash(configuration.artifacts ?? configuration.controller),
    budget: budgetOf(configuration),
    bornRoot: disk.readFile(configuration.trustRoot),
    onChange: () => {
      onActivity();
      reporter.changed();
    },
  });
  const compose = (counter: number): Report =>
    composeReport({
      ...{ agentVersion, counter, memory: updates.memory(), progress: updates.progress() },
      applications: runtime.states(),
      bytesReceived: ledger.bytesReceived,
      nowMs: time.nowMs(),
    });
  let connected = false;
  const statusOf = (report: Report): AgentStatus => ({ device: configuration.device, connected, report });
  const reporter = new Reporter({
    ...{ clock, random, log, link, compose },
    intervalMs: (configuration.reportIntervalSeconds ?? 900) * 1000,
    takeCounter: () => ledger.takeCounter(),
    leave: (report) => {
      onActivity();
      writeStatus(disk, files.directory, statusOf(report));
    },
  });
  const onConnection = (isConnected: boolean): void => {
    connected = isConnected;
    onActivity();
    reporter.connection(isConnected);
    if (isConnected) updates.nudge();
  };

  return {
    start: () => {
      runtime.onChange(() => {
        updates.lookAtHealth();
        reporter.changed();
      });
      updates.boot();
      link.start({ onDesired: (desired) => updates.consider(desired), onConnection });
    },
    stop: async () => {
      updates.stop();
      reporter.stop();
      await link.stop();
      await runtime.stop();
    },
    status: () => statusOf(compose(ledger.lastCounter)),
  };
}
