import { writeFileDurably } from '../../platform/durable-file.ts';
import type { Disk } from '../../platform/ports.ts';
import type { Report } from '../../schemas/generated/types.ts';
import { isReport } from '../../schemas/generated/validators/report.js';
import { readSmallFile } from '../storage/small-file.ts';
import { type LinkTrouble, linkTroubleKinds } from '../transport/link-trouble.ts';

/** What an agent knows of itself, as it left it for `fleet agent status`. */
export interface AgentStatus {
  readonly device: string;
  readonly connected: boolean;
  /** The gateway that the connection goes through, by name; undefined where it goes by a way of this machine's own. */
  readonly through?: string;
  /** When it last had a connection, by its own time; undefined before the first. */
  readonly lastConnectedAt?: string;
  /** Why there is none, as the last try showed; undefined while there is one, and before the first try. */
  readonly trouble?: LinkTrouble & { readonly since: string };
  /** The newest report, whole, whether or not the shore has it. */
  readonly report: Report;
}

const statusBytesMax = 1024 * 1024;

const fileName = 'status.json';

export function writeStatus(disk: Disk, stateDirectory: string, status: AgentStatus): void {
  writeFileDurably(disk, stateDirectory, fileName, Buffer.from(`${JSON.stringify(status)}\n`));
}

const isText = (value: unknown): value is string => typeof value === 'string';

function isTrouble(value: AgentStatus['trouble'] | null): boolean {
  if (value === undefined || value === null) return value === undefined;
  return linkTroubleKinds.includes(value.kind) && [value.message, value.since].every(isText);
}

/** Undefined when no agent has left one there. */
export function readStatus(disk: Disk, stateDirectory: string): AgentStatus | undefined {
  const bytes = readSmallFile(disk, `${stateDirectory}/${fileName}`, statusBytesMax);
  if (bytes === undefined) return undefined;
  try {
    const value = JSON.parse(Buffer.from(bytes).toString('utf8')) as Partial<AgentStatus> | null;
    const isWhole = isText(value?.device) && typeof value.connected === 'boolean' && isReport(value.report);
    const { lastConnectedAt, through, trouble } = value ?? {};
    const areTexts = [lastConnectedAt, through].every((one) => one === undefined || isText(one));
    return isWhole && isTrouble(trouble) && areTexts ? (value as AgentStatus) : undefined;
  } catch {
    return undefined;
  }
}
