import type { Clock, Disk } from '../../platform/ports.ts';
import type { ApplicationReport } from '../../schemas/generated/types.ts';
import { readStatus } from '../report/status-file.ts';

/** `3 m`, `2 d`: one unit is enough to judge by. */
function ageOf(fromMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - fromMs) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} m`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`;
}

function applicationLine({ name, version, state, since, restarts, message }: ApplicationReport, nowMs: number): string {
  const words = [`${name} ${version}`, `${state} for ${ageOf(Date.parse(since), nowMs)}`];
  if (restarts > 0) words.push(`${restarts} restarts`);
  if (message !== undefined) words.push(message);
  return `  ${words.join(' · ')}`;
}

/**
 * What the agent of a state directory last said of itself, in lines; undefined when none has ever run there. Needs no
 * network. `isRunning` is undefined where that can't be told.
 */
export function describeAgent(
  { clock, disk }: { readonly clock: Clock; readonly disk: Disk },
  stateDirectory: string,
  isRunning: boolean | undefined,
): string | undefined {
  const status = readStatus(disk, stateDirectory);
  if (status === undefined) return undefined;
  const { device, connected, report } = status;
  const nowMs = clock.now();
  const age = ageOf(Date.parse(report.at), nowMs);
  const link = connected ? 'connected' : 'no connection to the controller';
  const { running, target, problem, progress } = report;
  const lines = [
    `${device}: ${report.phase}, ${isRunning === false ? 'the agent does not run' : link} (as of ${age} ago)`,
    running === undefined
      ? 'No deployment runs.'
      : `Runs deployment ${running.sequence} of commit ${running.revision.slice(0, 7)}:`,
    ...report.applications.map((application) => applicationLine(application, nowMs)),
  ];
  if (target !== undefined && target.sequence !== running?.sequence) {
    const bytes = progress === undefined ? '' : `, ${progress.bytesDone} of ${progress.bytesTotal} bytes`;
    lines.push(`On the way to deployment ${target.sequence} of commit ${target.revision.slice(0, 7)}${bytes}.`);
  }
  if (problem !== undefined) lines.push(`Problem ${problem.code}: ${problem.message}`);
  return `${lines.join('\n')}\n`;
}
