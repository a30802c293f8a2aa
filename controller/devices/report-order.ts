import type { Report } from '../../schemas/generated/types.ts';

/**
 * Whether a report tells of a later moment than the one before. Counters compare within one boot of an agent; what another
 * boot says is what the device says now, for an agent that ended says nothing more.
 */
export function isNewer(report: Report, previous: Report | undefined): boolean {
  if (previous === undefined || report.boot?.id !== previous.boot?.id) return true;
  return report.counter > previous.counter;
}
