/** What of a fleet's windows their shape does not show. */
import { listAt } from './broken-manifest.ts';
import { checkSchedule } from './check-schedule.ts';
import type { FileFinding, ValuePath } from './finding.ts';
import { valueAt } from './schema-violation.ts';

type Report = (path: ValuePath, part: FileFinding['part'], code: string, message: string) => void;

/** Checks that each window of a list opens at times that there are, and that it has one. */
export function checkWindowList(value: unknown, path: ValuePath, never: string, report: Report): void {
  const windows = listAt(value, path);
  for (const index of windows.keys()) checkSchedule(value, [...path, index], report);
  if (windows.length === 0 && Array.isArray(valueAt(value, path))) report(path, 'value', 'NEVER_OPENS', never);
}

/** Checks that each window opens at times that there are, and that each list has one. */
export function checkWindows(value: unknown, report: Report): void {
  for (const purpose of ['fetch', 'activate']) {
    const never = `no device could ever ${purpose} anything; write a window, or remove "${purpose}" for at any time`;
    checkWindowList(value, ['spec', 'windows', purpose], never, report);
  }
}
