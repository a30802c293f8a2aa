/** The status document as a screen. Pure: the same document at the same width is the same text. */

import { statesWorstFirst } from '../../controller/planning/tally.ts';
import { printableDeep } from '../../platform/printable.ts';
import type { DeviceStatus, FleetStatus, SiteStatus, StatusDocument, Tally } from '../../schemas/generated/types.ts';
import { forecastLines } from './forecast-lines.ts';
import { age, bar, bytes, span } from './quantities.ts';
import { rolloutCell, rolloutLines } from './rollout-words.ts';
import { type ScreenOptions, shoreTrouble } from './shore-trouble.ts';
import { stateStyles } from './state-styles.ts';
import { type Style, wrap } from './style.ts';
import { type Column, table } from './table.ts';

/** More devices than this are listed only where something is not as it should be. */
const devicesListedMax = 40;
const problemsListedMax = 20;
const progressWidth = 12;

function shortId(id: string): string {
  return id.slice(0, 7);
}

function sourceLines({ source, asOf }: StatusDocument, { style, columns }: ScreenOptions): string {
  const { revision, tip, branch, location, state, message, problems } = source;
  const lines: string[] = [];
  const checked = source.checkedAt === undefined ? 'never read' : `read ${age(source.checkedAt, asOf)} ago`;
  const commit =
    revision === undefined
      ? style('yellow', 'nothing in force yet')
      : `${style('bold', shortId(revision.id))} ${JSON.stringify(revision.subject)} ${style('dim', `by ${revision.author}, ${age(revision.committedAt, asOf)} ago`)}`;
  lines.push(`${branch} of ${location} ${style('dim', `(${checked})`)}`, `in force  ${commit}`);
  if (state !== 'current') {
    const isAboutTip = (state === 'refused' || state === 'pending') && tip !== undefined;
    const which = isAboutTip ? `${shortId(tip.id)} ${JSON.stringify(tip.subject)} ` : '';
    const since = source.since === undefined ? '' : ` (for ${age(source.since, asOf)})`;
    lines.push(`${style(stateStyles[state], state)}  ${which}${message ?? 'no commit was read yet'}${since}`);
  }
  for (const problem of problems.slice(0, problemsListedMax)) {
    const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
    lines.push(`  ${style('bold', place)} ${problem.message} ${style('dim', problem.code)}`);
  }
  for (const { file, message, code } of (source.notes ?? []).slice(0, problemsListedMax)) {
    lines.push(`  ${style('yellow', file)} ${message} ${style('dim', code)}`);
  }
  if (problems.length > problemsListedMax) lines.push(`  and ${problems.length - problemsListedMax} more`);
  return `${lines.map((line) => wrap(line, columns)).join('\n')}\n`;
}

/** How many run and are connected now; the others ran when they were last heard. */
function runningCell({ running, runningConnected, held }: Tally, style: Style): string {
  const all = running === 0 ? style('dim', '0') : style(stateStyles.running, String(running));
  const besides = [
    ...(running === 0 || runningConnected === running ? [] : [`${runningConnected} now`]),
    ...(held === undefined ? [] : [`${held} held`]),
  ];
  return besides.length === 0 ? all : `${all} ${style('dim', `(${besides.join(', ')})`)}`;
}

const severityStyles = { notice: 'dim', warning: 'yellow', urgent: 'red', expired: 'red' } as const;

/** Trust that ends soon; with `wide` all that ends within a year. */
function expiryLines({ expiry }: StatusDocument, { style, columns, wide }: ScreenOptions): string {
  const told = (expiry ?? []).filter(({ severity }) => wide || severity !== 'notice');
  const lines = told
    .slice(0, problemsListedMax)
    .map(({ severity, message }) => `${style(severityStyles[severity], severity)}  ${message}`);
  const hidden = told.length - lines.length;
  if (hidden > 0) lines.push(`and ${hidden} more that ${hidden === 1 ? 'ends' : 'end'} soon`);
  return lines.map((line) => `${wrap(line, columns)}\n`).join('');
}

const tallyHeads: readonly Column[] = [
  { head: 'DESIRED', drop: 2 },
  ...['RUNNING', 'PROGRESSING', 'FAILED', 'DARK', 'UNKNOWN'].map((head) => ({ head })),
];

function tallyCells(tally: Tally, style: Style): string[] {
  const colored = (state: DeviceStatus['state'], count: number): string =>
    count === 0 ? style('dim', '0') : style(stateStyles[state], String(count));
  return [
    String(tally.desired),
    runningCell(tally, style),
    colored('progressing', tally.progressing),
    colored('failed', tally.failed),
    colored('dark', tally.dark),
    colored('unknown', tally.unknown),
  ];
}

function fleetTable(fleets: readonly FleetStatus[], asOf: string, { style, columns }: ScreenOptions): string {
  const rows = fleets.map(({ name, tally, applications, asOf: oldest, rollout }) => [
    style('bold', name),
    ...tallyCells(tally, style),
    age(oldest, asOf),
    rolloutCell(rollout, style),
    applications.map((application) => `${application.name} ${application.version}`).join(', '),
  ]);
  const heads: readonly Column[] = [
    ...[{ head: 'FLEET' }, ...tallyHeads, { head: 'AS-OF' }],
    ...[
      { head: 'ROLLOUT', drop: 3 },
      { head: 'APPLICATIONS', drop: 1 },
    ],
  ];
  return table(heads, rows, columns);
}

function fleetsOmittedNote({ fleetsOmitted }: StatusDocument, { style }: ScreenOptions): string {
  if (fleetsOmitted === undefined) return '';
  return style('dim', `${fleetsOmitted} more fleets; ask for one by its name\n`);
}

function siteTable(sites: readonly SiteStatus[], asOf: string, { style, columns }: ScreenOptions): string {
  const rows = sites.map(({ name, tally, asOf: oldest }) => [
    style('bold', name),
    ...tallyCells(tally, style),
    age(oldest, asOf),
  ]);
  return table([{ head: 'SITE' }, ...tallyHeads, { head: 'AS-OF' }], rows, columns);
}

/** The applications that run, as the device last said; what is not known is a question mark. */
function runningApplications({ report }: DeviceStatus): string {
  if (report === undefined) return '?';
  const names = report.applications.map(({ name, version }) => `${name} ${version}`);
  return names.length === 0 ? 'none' : names.join(', ');
}

function progressOf({ report, state }: DeviceStatus, style: Style): string {
  const progress = report?.progress;
  if (state !== 'progressing' || progress === undefined || progress.bytesTotal === 0) return '';
  const { bytesDone, bytesTotal } = progress;
  return `${style('cyan', bar(bytesDone, bytesTotal, progressWidth))} ${bytes(bytesDone)} of ${bytes(bytesTotal)}  `;
}

/** Bytes that the running deployment cost, against the bytes of its modules. */
export function trafficOf({ report }: DeviceStatus): string {
  const downloads = report?.downloads ?? [];
  if (downloads.length === 0) return '-';
  const sum = (pick: (download: (typeof downloads)[number]) => number): number =>
    downloads.reduce((total, download) => total + pick(download), 0);
  const methods = [
    ...new Set(downloads.map(({ method, neighbour }) => (neighbour === undefined ? method : 'neighbour'))),
  ].join('+');
  return `${bytes(sum(({ bytes }) => bytes))} of ${bytes(sum(({ length }) => length))} ${methods}`;
}

/** Why it keeps what its applications have for the shore. */
function heldWords({ report }: DeviceStatus): string {
  const { messages, held } = report?.outbox ?? {};
  return held === undefined
    ? ''
    : `; keeps ${messages === 1 ? '1 message' : `${messages} messages`} for the shore: ${held.message}`;
}

/** Whether its link is up, and since when. */
function linkOf({ connected, linkSince }: DeviceStatus, asOf: string): string {
  if (connected === undefined) return '?';
  const since = linkSince === undefined ? '' : ` ${age(linkSince, asOf)}`;
  return `${connected ? 'up' : 'down'}${since}`;
}

/** When it will be heard, by the silences it had; `?` where nobody can say. */
function expectedOf({ expectedContact }: DeviceStatus, asOf: string): string {
  if (expectedContact === undefined) return '-';
  const { kind, by } = expectedContact;
  if (by === undefined) return kind === 'overdue' ? 'overdue' : '?';
  return `in ${span(Date.parse(by) - Date.parse(asOf))}`;
}

function deviceTable(devices: readonly DeviceStatus[], asOf: string, options: ScreenOptions): string {
  const { style, columns, wide } = options;
  const heads: readonly Column[] = [
    { head: 'DEVICE' },
    { head: 'SITE', drop: 3 },
    { head: 'FLEET', drop: 2 },
    { head: 'STATE' },
    { head: 'LINK', drop: 4 },
    { head: 'AS-OF' },
    { head: 'SEQ', drop: 6 },
    { head: 'APPLICATIONS', drop: 5 },
    ...(wide
      ? [
          { head: 'EXPECTED', drop: 8 },
          { head: 'TAKEN', drop: 7 },
          { head: 'REVISION', drop: 1 },
        ]
      : []),
    { head: 'WHY' },
  ];
  const rows = devices.map((device) => {
    const sequence = `${device.report?.running?.sequence ?? '?'}/${device.desired?.sequence ?? '-'}`;
    const revision = device.desired === undefined ? '-' : shortId(device.desired.revision);
    const more = wide ? [expectedOf(device, asOf), trafficOf(device), revision] : [];
    // Of a dark device all of this is memory.
    const told = (text: string): string => (device.state === 'dark' ? style('dim', text) : text);
    return [
      style('bold', device.name),
      device.site ?? '-',
      device.fleet ?? '-',
      style(stateStyles[device.state], device.state),
      linkOf(device, asOf),
      age(device.contactAt, asOf),
      told(sequence),
      told(runningApplications(device)),
      ...more,
      progressOf(device, style) + device.reason.message + heldWords(device),
    ];
  });
  return table(heads, rows, columns);
}

/** A large fleet shows some of what is not well. */
function omittedNote({ devicesOmitted = 0, tally, devices }: StatusDocument, { style }: ScreenOptions): string {
  const notWell = tally.desired - tally.running - devices.length;
  const others = notWell > 0 ? `, ${notWell} of them not well` : '';
  const how = 'ask for a fleet, a site, labels (-l), --state or --text, or -o wide for all';
  return style('dim', `${devicesOmitted} more devices${others}; ${how}\n`);
}

function ordered(devices: readonly DeviceStatus[], options: ScreenOptions): readonly DeviceStatus[] {
  if (options.worstFirst !== true) return devices;
  const rank = ({ state }: DeviceStatus): number => statesWorstFirst.indexOf(state);
  return [...devices].sort((a, b) => rank(a) - rank(b));
}

function deviceSection(status: StatusDocument, options: ScreenOptions): string {
  const { devices, devicesOmitted, asOf } = status;
  const listed =
    options.wide || devices.length <= devicesListedMax ? devices : devices.filter(({ state }) => state !== 'running');
  const hidden = devices.length - listed.length;
  const well =
    hidden === 0 ? '' : options.style('dim', `${hidden} more devices run what they should (-o wide lists them)\n`);
  return (
    deviceTable(ordered(listed, options), asOf, options) +
    (devicesOmitted === undefined ? well : omittedNote(status, options))
  );
}

function refusalSection({ refusals, asOf }: StatusDocument, { style, columns }: ScreenOptions): string {
  const rows = refusals
    .slice(0, 10)
    .map(({ at, device, address, message, code }) => [
      device ?? '?',
      age(at, asOf),
      address ?? '-',
      style('red', code),
      message,
    ]);
  return table(
    [{ head: 'REFUSED' }, { head: 'AGO' }, { head: 'FROM', drop: 1 }, { head: 'CODE', drop: 2 }, { head: 'WHY' }],
    rows,
    columns,
  );
}

/** Everything: where git stands, fleets, sites, devices, and who was not let in. */
export function statusScreen(document: StatusDocument, options: ScreenOptions): string {
  const status = printableDeep(document);
  const { fleets, sites, asOf } = status;
  return [
    sourceLines(status, options) + shoreTrouble(status, options) + expiryLines(status, options),
    fleetTable(fleets, asOf, options) +
      rolloutLines(fleets, options) +
      forecastLines(fleets, options) +
      fleetsOmittedNote(status, options),
    options.wide ? siteTable(sites, asOf, options) : '',
    deviceSection(status, options),
    refusalSection(status, options),
  ]
    .filter((section) => section !== '')
    .join('\n');
}
