import type {
  ApplicationReport,
  Asks,
  Boot,
  ClockDoubt,
  DeploymentReference,
  HostDeath,
  LinkReport,
  NeighbourReport,
  OutboxReport,
  Progress,
  Report,
  Waiting,
} from '../../schemas/generated/types.ts';
import { type Memory, phaseOf, runningOf, type Slot, targetOf } from '../update/state.ts';

/** What a report is made of. */
export interface ReportParts {
  readonly memory: Memory;
  readonly applications: readonly ApplicationReport[];
  /** The last time a process of applications died. */
  readonly hostDeath: HostDeath | undefined;
  readonly progress: Progress | undefined;
  /** Why it does not go on now; undefined where nothing waits. */
  readonly waiting: Waiting | undefined;
  /** What waits for the shore; undefined where nothing ever did. */
  readonly outbox: OutboxReport | undefined;
  /** What was counted on the links that its deployment names; undefined where that names none. */
  readonly links: readonly LinkReport[] | undefined;
  /** Neighbours that are set aside; undefined where there are none. */
  readonly neighbours: readonly NeighbourReport[] | undefined;
  /** How it asks for news; undefined where it has sessions. */
  readonly asks: Asks | undefined;
  /** The gateway that it goes through to the shore; undefined where it goes its own way. */
  readonly through: string | undefined;
  /** How its clock is wrong; undefined where nothing says so. */
  readonly clock: ClockDoubt | undefined;
  readonly agentVersion: string;
  readonly bytesReceived: number;
  readonly boot: Boot;
  readonly counter: number;
  readonly nowMs: number;
}

function reference({ sequence, revision }: Slot): DeploymentReference {
  return { sequence, revision };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** What the device says of itself now, whole. */
export function composeReport(parts: ReportParts): Report {
  const { memory, progress, waiting } = parts;
  const running = runningOf(memory);
  const target = targetOf(memory.engine);
  const problem = memory.damage ?? memory.problem;
  return {
    at: isoTime(parts.nowMs),
    boot: parts.boot,
    counter: parts.counter,
    agentVersion: parts.agentVersion,
    phase: phaseOf(memory, waiting),
    since: isoTime(memory.sinceMs),
    highestSequence: memory.highest.sequence,
    ...(running === undefined ? {} : { running: reference(running.slot) }),
    ...(target === undefined ? {} : { target: reference(target) }),
    ...(target === undefined || progress === undefined ? {} : { progress }),
    ...(waiting === undefined ? {} : { waiting }),
    ...(memory.consent === undefined ? {} : { consent: memory.consent }),
    applications: [...parts.applications],
    ...(parts.hostDeath === undefined ? {} : { hostDeath: parts.hostDeath }),
    ...(running === undefined ? {} : { downloads: [...running.downloads] }),
    ...(problem === undefined ? {} : { problem }),
    ...(parts.outbox === undefined ? {} : { outbox: parts.outbox }),
    ...(parts.links === undefined ? {} : { links: [...parts.links] }),
    ...(parts.neighbours === undefined ? {} : { neighbours: [...parts.neighbours] }),
    ...(parts.asks === undefined ? {} : { asks: parts.asks }),
    ...(parts.through === undefined ? {} : { through: parts.through }),
    ...(parts.clock === undefined ? {} : { clock: parts.clock }),
    answers: true,
    bytesReceivedTotal: parts.bytesReceived,
  };
}
