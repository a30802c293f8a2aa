import type { Disk } from '../../platform/ports.ts';
import { printableLines } from '../../platform/printable.ts';
import { readLog } from '../runtime/log-file.ts';
import { stateLayout } from '../state-layout.ts';

/** What an application printed lately, oldest first; undefined when it never printed. */
export function applicationLogs(disk: Disk, stateDirectory: string, name: string): string | undefined {
  const text = readLog(disk, stateLayout(stateDirectory).logDirectory, name);
  return text === undefined ? undefined : printableLines(text);
}
