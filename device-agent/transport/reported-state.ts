import type { Report } from '../../schemas/generated/types.ts';

/** What a report may lack. A shadow merges what it is told, so what is no longer so has to be taken back by name. */
const optionalKeys = ['running', 'target', 'progress', 'downloads', 'problem', 'bytesReceivedTotal'] as const;

type Removals = Partial<Record<(typeof optionalKeys)[number], null>>;

/** The update that makes the reported state exactly this report, whatever was reported before. */
export function reportedState(report: Report): Omit<Report, (typeof optionalKeys)[number]> & object {
  const removals: Removals = {};
  for (const key of optionalKeys) if (report[key] === undefined) removals[key] = null;
  const { problem } = report;
  const wholeProblem = problem === undefined ? {} : { problem: { ...problem, sequence: problem.sequence ?? null } };
  return { ...removals, ...report, ...wholeProblem };
}
