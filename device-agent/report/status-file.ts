import { writeFileDurably } from '../../platform/durable-file.ts';
import type { Disk } from '../../platform/ports.ts';
import type { Report } from '../../schemas/generated/types.ts';
import { isReport } from '../../schemas/generated/validators/report.js';
import { readSmallFile } from '../storage/small-file.ts';

/** What an agent knows of itself, as it left it for `fleet agent status`. */
export interface AgentStatus {
  readonly device: string;
  readonly connected: boolean;
  /** The newest report, whole, whether or not the shore has it. */
  readonly report: Report;
}

const statusBytesMax = 1024 * 1024;

const fileName = 'status.json';

export function writeStatus(disk: Disk, stateDirectory: string, status: AgentStatus): void {
  writeFileDurably(disk, stateDirectory, fileName, Buffer.from(`${JSON.stringify(status)}\n`));
}

/** Undefined when no agent has left one there. */
export function readStatus(disk: Disk, stateDirectory: string): AgentStatus | undefined {
  const bytes = readSmallFile(disk, `${stateDirectory}/${fileName}`, statusBytesMax);
  if (bytes === undefined) return undefined;
  try {
    const value = JSON.parse(Buffer.from(bytes).toString('utf8')) as Partial<AgentStatus> | null;
    const isWhole = typeof value?.device === 'string' && typeof value.connected === 'boolean' && isReport(value.report);
    return isWhole ? (value as AgentStatus) : undefined;
  } catch {
    return undefined;
  }
}
