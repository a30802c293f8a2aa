import type {
  ApplicationReport,
  Boot,
  DeploymentReference,
  HostDeath,
  OutboxReport,
  Progress,
  Report,
} from '../../schemas/generated/types.ts';
import { type Memory, phaseOf, runningOf, type Slot, targetOf } from '../update/state.ts';

/** What a report is made of. */
export interface ReportParts {
  readonly memory: Memory;
  readonly applications: readonly ApplicationReport[];
  /** The last time a process of applications died. */
  readonly hostDeath: HostDeath | undefined;
  readonly progress: Progress | undefined;
  /** What waits for the shore; undefined where nothing ever did. */
  readonly outbox: OutboxReport | undefined;
  readonly agentVersion: string;
  readonly bytesReceived: number;
  readonly boot: Boot;
  readonly counter: number;
  readonly nowMs: number;
}

/** A shadow holds 8 KB, desired state included. */
const reportBytesMax = 3 * 1024;
const suspectsShownMax = 4;

function reference({ sequence, revision }: Slot): DeploymentReference {
  return { sequence, revision };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

function withoutDetails(report: Report): Report {
  const brief = ({
    lines: _lines,
    stack: _stack,
    usage: _usage,
    snapshot: _snapshot,
    links: _links,
    ...rest
  }: ApplicationReport) => rest;
  return { ...report, applications: report.applications.map(brief) };
}

/** Of who else was there when a process died, those that were at work, and not many. */
function withFewerResidents(report: Report): Report {
  if (report.hostDeath === undefined) return report;
  const { hostDeath } = report;
  const applications = hostDeath.applications.filter(({ was }) => was === 'executing').slice(0, 1);
  return {
    ...report,
    hostDeath: { ...hostDeath, applications, suspects: hostDeath.suspects.slice(0, suspectsShownMax) },
  };
}

function withoutMessages(report: Report): Report {
  return { ...report, applications: report.applications.map(({ message: _message, ...rest }) => rest) };
}

function withoutFacts(report: Report): Report {
  return { ...report, applications: report.applications.map(({ facts: _facts, ...rest }) => rest) };
}

function withoutDownloads({ downloads: _downloads, ...rest }: Report): Report {
  return rest;
}

/** The half of the applications that most need to be seen: those that do not run come first. */
function halfOfApplications(report: Report): Report {
  const rank = ({ state }: ApplicationReport): number => (state === 'running' || state === 'completed' ? 1 : 0);
  const applications = [...report.applications].sort((a, b) => rank(a) - rank(b));
  return { ...report, applications: applications.slice(0, Math.floor(applications.length / 2)) };
}

/** Leaves out what matters least until the report fits. */
function trimmed(report: Report): Report {
  const isTooLarge = (one: Report): boolean => Buffer.byteLength(JSON.stringify(one)) > reportBytesMax;
  let fitting = report;
  for (const leaveOut of [withoutDownloads, withoutDetails, withFewerResidents, withoutFacts, withoutMessages]) {
    if (isTooLarge(fitting)) fitting = leaveOut(fitting);
  }
  while (isTooLarge(fitting) && fitting.applications.length > 0) fitting = halfOfApplications(fitting);
  return fitting;
}

/** What the device says of itself now. */
export function composeReport(parts: ReportParts): Report {
  const { memory, progress } = parts;
  const running = runningOf(memory);
  const target = targetOf(memory.engine);
  const problem = memory.damage ?? memory.problem;
  return trimmed({
    at: isoTime(parts.nowMs),
    boot: parts.boot,
    counter: parts.counter,
    agentVersion: parts.agentVersion,
    phase: phaseOf(memory),
    since: isoTime(memory.sinceMs),
    highestSequence: memory.highest.sequence,
    ...(running === undefined ? {} : { running: reference(running.slot) }),
    ...(target === undefined ? {} : { target: reference(target) }),
    ...(target === undefined || progress === undefined ? {} : { progress }),
    applications: [...parts.applications],
    ...(parts.hostDeath === undefined ? {} : { hostDeath: parts.hostDeath }),
    ...(running === undefined ? {} : { downloads: [...running.downloads] }),
    ...(problem === undefined ? {} : { problem }),
    ...(parts.outbox === undefined ? {} : { outbox: parts.outbox }),
    bytesReceivedTotal: parts.bytesReceived,
  });
}
