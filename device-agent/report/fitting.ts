/** The report as it travels: what matters least is left out until it fits. */
import type { ApplicationReport, Report } from '../../schemas/generated/types.ts';

/** A shadow holds 8 KB, desired state included. */
const reportBytesMax = 3 * 1024;
const suspectsShownMax = 4;
const reasonLettersMax = 64;
const linksShownMax = 4;

const runsWell = ({ state, flapping }: ApplicationReport): boolean =>
  flapping !== true && (state === 'running' || state === 'completed');

function brief({
  lines: _lines,
  stack: _stack,
  usage: _usage,
  snapshot: _snapshot,
  links: _links,
  process: _process,
  ...rest
}: ApplicationReport): ApplicationReport {
  return rest;
}

function withApplications(report: Report, change: (one: ApplicationReport) => ApplicationReport): Report {
  return { ...report, applications: report.applications.map(change) };
}

function withoutDownloads({ downloads: _downloads, ...rest }: Report): Report {
  return rest;
}

/** Where it has many, those that matter are the one that leads out and those with a budget. */
function withFewLinks(report: Report): Report {
  if (report.links === undefined) return report;
  const links = report.links.filter(({ leadsOut, budget }) => leadsOut === true || budget !== undefined);
  return { ...report, links: links.slice(0, linksShownMax) };
}

function withoutLinks({ links: _links, ...rest }: Report): Report {
  return rest;
}

function withoutNeighbours({ neighbours: _neighbours, ...rest }: Report): Report {
  return rest;
}

function withFewDetails(report: Report): Report {
  return withApplications(report, (one) => (runsWell(one) ? brief(one) : one));
}

function withoutDetails(report: Report): Report {
  return withApplications(report, brief);
}

/** Of who else was there when a process died, those that were at work, and not many. */
function withFewerResidents(report: Report): Report {
  if (report.hostDeath === undefined) return report;
  const { hostDeath } = report;
  const applications = hostDeath.applications.filter(({ was }) => was === 'executing').slice(0, 1);
  return {
    ...report,
    hostDeath: { ...hostDeath, applications, suspects: hostDeath.suspects.slice(0, suspectsShownMax) },
  };
}

function withoutFacts(report: Report): Report {
  return withApplications(report, ({ facts: _facts, ...rest }) => rest);
}

function withoutSightings(report: Report): Report {
  if (report.waiting === undefined) return report;
  const { seen: _seen, ...waiting } = report.waiting;
  return { ...report, waiting };
}

function withoutConsent({ consent: _consent, ...rest }: Report): Report {
  return rest;
}

/** A reason that is cut is better than none. */
function withShortReasons(report: Report): Report {
  return withApplications(report, ({ message, ...rest }) =>
    message === undefined ? rest : { ...rest, message: shortened(message) },
  );
}

function shortened(text: string): string {
  return text.length <= reasonLettersMax ? text : `${text.slice(0, reasonLettersMax - 1)}…`;
}

const steps = [
  withoutDownloads,
  withFewLinks,
  withFewDetails,
  withoutDetails,
  withoutLinks,
  withoutNeighbours,
  withFewerResidents,
  withoutFacts,
  withoutSightings,
  withShortReasons,
  withoutConsent,
] as const;

/** So many of its applications, those that do not run first, and how many more there are. */
function withApplicationsUpTo(count: number, report: Report): Report {
  const { applications } = report;
  if (count === applications.length) return report;
  const [ill, well] = [applications.filter((one) => !runsWell(one)), applications.filter(runsWell)];
  const applicationsLeftOut = applications.length - count;
  return { ...report, applications: [...ill, ...well].slice(0, count), applicationsLeftOut };
}

/** The report in the room that there is for it. */
export function fittingReport(report: Report): Report {
  const isTooLarge = (one: Report): boolean => Buffer.byteLength(JSON.stringify(one)) > reportBytesMax;
  let fitting = report;
  for (const leaveOut of steps) if (isTooLarge(fitting)) fitting = leaveOut(fitting);
  if (!isTooLarge(fitting)) return fitting;
  // With each application it grows: the most that fit lie between what does and what does not.
  let [fits, tooMany] = [0, fitting.applications.length];
  while (tooMany - fits > 1) {
    const count = (fits + tooMany) >>> 1;
    if (isTooLarge(withApplicationsUpTo(count, fitting))) tooMany = count;
    else fits = count;
  }
  return withApplicationsUpTo(fits, fitting);
}
