import { type Disk, DiskError } from '../../platform/ports.ts';
import { printableLines } from '../../platform/printable.ts';
import { logPaths } from '../runtime/application-log.ts';
import { stateLayout } from '../state-layout.ts';

/** What an application printed lately, oldest first; undefined when it never printed. */
export function applicationLogs(disk: Disk, stateDirectory: string, name: string): string | undefined {
  const texts = logPaths(stateLayout(stateDirectory).logDirectory, name).flatMap((path) => {
    try {
      return [new TextDecoder().decode(disk.readFile(path))];
    } catch (error) {
      if (error instanceof DiskError && error.code === 'NOT_FOUND') return [];
      throw error;
    }
  });
  return texts.length === 0 ? undefined : printableLines(texts.join(''));
}
