/** A short life of an agent with nothing but its disk: what it does when no link ever comes back. */
import type { Agent, AgentOptions } from '../../device-agent/agent.ts';
import { CarryingCourier } from '../../device-agent/courier/carrying-courier.ts';
import type { RunnableApplication } from '../../device-agent/runtime/app-runtime.ts';
import type { ShadowLink } from '../../device-agent/transport/shadow-link.ts';
import { type Clock, type Disk, type LineDoors, type Log, type Network, NetworkError } from '../../platform/ports.ts';
import { SimTime } from '../../platform/simulated/clock.ts';
import { SimRandom } from '../../platform/simulated/random.ts';
import type { AgentConfiguration, Report } from '../../schemas/generated/types.ts';
import type { SimDisk } from './sim-disk.ts';
import { SimDoors } from './sim-doors.ts';
import type { SimRuntime } from './sim-runtime.ts';

const bootMs = 2_000;

/** What one start of an agent is made of. */
export interface AgentStart {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Log;
  readonly link: ShadowLink;
  readonly doors: LineDoors;
  readonly openCourier: AgentOptions['openCourier'];
  readonly onTrouble?: AgentOptions['onTrouble'];
  readonly onNotLetIn?: AgentOptions['onNotLetIn'];
  readonly onRuntime?: (runtime: SimRuntime) => void;
  readonly onApply: (applications: readonly RunnableApplication[]) => void;
  readonly onRun: (application: RunnableApplication, bytes: Uint8Array) => void;
}

const noLink: ShadowLink = {
  isFollowed: false,
  start: () => {},
  report: async () => 'offline',
  orderParcel: async () => undefined,
  sendBatchPart: async () => false,
  lookAgain: () => {},
  wake: () => 0,
  stop: async () => {},
};
const noNetwork: Network = {
  request: () => Promise.reject(new NetworkError('UNREACHABLE', 'there is no link')),
};
export const noLog: Log = { write: () => {} };

/** Whose life it is. */
export interface OfflineLife {
  readonly disk: SimDisk;
  /** When it starts, in milliseconds since the epoch. */
  readonly at: number;
  readonly configuration: AgentConfiguration;
  readonly createAgent: (start: AgentStart) => Agent;
  readonly onRun: AgentStart['onRun'];
}

/** What its agent says when it has started, and what it runs then. */
export async function liveOffline({ disk, at, configuration, createAgent, onRun }: OfflineLife): Promise<{
  readonly report: Report;
  readonly applied: readonly RunnableApplication[];
}> {
  const time = new SimTime(at);
  let applied: readonly RunnableApplication[] = [];
  const clock = time.clock({ alive: true });
  const outside = {
    configuration,
    stateDirectory: '/state',
    disk,
    clock,
    random: new SimRandom(at),
    network: noNetwork,
  };
  const agent = createAgent({
    ...{ clock, disk, log: noLog, link: noLink, doors: new SimDoors(), onRun },
    openCourier: (shared) => new CarryingCourier({ ...outside, ...shared }),
    onApply: (applications) => {
      applied = applications;
    },
  });
  agent.start();
  await time.runUntil(time.now + bootMs);
  const seen = { report: agent.status().report, applied };
  await agent.stop();
  return seen;
}
