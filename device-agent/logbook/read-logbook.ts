import type { Disk } from '../../platform/ports.ts';
import { decodeEntry, type LogbookEntry } from '../../schemas/logbook-entry.ts';
import { segmentNumbers, segmentPath } from '../outbox/files/channel-files.ts';
import { readRecords } from '../outbox/files/read-segment.ts';
import { headerBytes } from '../outbox/files/segment.ts';

/** An entry, and when that was by the device's own time. */
export interface WrittenEntry extends LogbookEntry {
  readonly at: string;
}

/** What of a logbook is on the disk still, the newest so many, oldest first: what the shore has leaves it segment by segment. */
export function readLogbook(disk: Disk, directory: string, entriesMax: number): readonly WrittenEntry[] {
  const entries: WrittenEntry[] = [];
  for (const number of segmentNumbers(disk, directory)) {
    readRecords(disk, segmentPath(directory, number), headerBytes, ({ at, message }) => {
      const entry = decodeEntry(message);
      const time = new Date(at);
      if (entry !== undefined && !Number.isNaN(time.getTime())) entries.push({ at: time.toISOString(), ...entry });
      return true;
    });
  }
  return entries.slice(-entriesMax);
}
