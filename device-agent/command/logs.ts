/** `fleet agent logs`: what an application on this machine printed, with what waits in memory to be worth a write. */
import type { Clock, Disk, LineDoors } from '../../platform/ports.ts';
import { printableLines } from '../../platform/printable.ts';
import { logMark, readLog } from '../runtime/log-file.ts';
import { stateLayout } from '../state-layout.ts';
import { askAboard } from './aboard-question.ts';

/** What the command works with. */
export interface LogPorts {
  readonly disk: Disk;
  readonly doors: Pick<LineDoors, 'ask'>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly signal: AbortSignal;
}

/** Which agent is meant. */
export interface LogPlace {
  readonly stateDirectory: string;
  /** Where it answers; undefined while it does not run, and nothing waits. */
  readonly socket: string | undefined;
}

/** What there is of a log. */
export interface ApplicationLogs {
  /** The oldest first; undefined when it never printed. */
  readonly text: string | undefined;
  /** Why the newest lines may not be among it. */
  readonly lack?: string;
}

const lookMs = 50;
/** Where nothing waits nothing is written. */
const looks = 12;

/** Has what waits written down; why it may not be. */
async function gather({ disk, doors, clock, signal }: LogPorts, directory: string, socket: string, name: string) {
  const before = logMark(disk, directory, name);
  try {
    await askAboard(doors, socket, 'writing-log', { ask: 'write-log', application: name });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  for (let look = 0; look < looks && logMark(disk, directory, name) === before; look += 1)
    await clock.sleep(lookMs, signal);
  return undefined;
}

/** What an application printed lately. */
export async function applicationLogs(
  ports: LogPorts,
  { stateDirectory, socket }: LogPlace,
  name: string,
): Promise<ApplicationLogs> {
  const { logDirectory } = stateLayout(stateDirectory);
  const lack = socket && (await gather(ports, logDirectory, socket, name));
  const text = readLog(ports.disk, logDirectory, name);
  return { text: text === undefined ? undefined : printableLines(text), ...(lack ? { lack } : {}) };
}
