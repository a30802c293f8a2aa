/** What a simulation comes to, as a screen: when waves begin and end, who is left, what it costs. Pure. */
import type { SimulationSummary, Spread } from '../../controller/simulation/summary.ts';
import { printable } from '../../platform/printable.ts';
import type { PlanSide } from './plan.ts';
import { renderVerdict } from './problems.ts';
import { minuteOf, span } from './quantities.ts';
import type { ShownSimulation } from './simulation.ts';
import { type TimelineRow, timelineEnd, timelineRows } from './simulation-timeline.ts';
import {
  assumedText,
  beginningText,
  bytesText,
  cells,
  contactText,
  fleetText,
  methodText,
  percent,
  priceText,
  timeText,
  toldText,
} from './simulation-words.ts';
import { type Style, wrap } from './style.ts';
import { type Column, table } from './table.ts';

export interface SimulationScreenOptions {
  readonly columns: number;
  readonly style: Style;
}

const barWidth = 30;

/** `   ████▒▒▒   `: from its start to its end in half of the runs, then to its end in 95 of 100. */
function bar({ start, end }: TimelineRow, total: number): string {
  if (start.p50 === undefined) return '';
  const place = (ms: number): number => Math.round((Math.max(0, ms) / total) * barWidth);
  const from = Math.min(place(start.p50), barWidth - 1);
  const to = Math.max(from + 1, place(end.p50 ?? 0));
  const full = end.p50 === undefined ? '' : '█'.repeat(to - from);
  return (' '.repeat(from) + full).padEnd(place(end.p95 ?? total), '▒');
}

const timelineHeads: readonly Column[] = [
  { head: 'FLEET' },
  { head: 'WAVE' },
  { head: 'STARTS', drop: 3 },
  { head: 'ENDS' },
  { head: '95%' },
  { head: 'WORST', drop: 2 },
  { head: 'TIMELINE', drop: 1 },
];

/** Of a wave that had passed before the beginning. */
const pastCells = ['', 'passed', '', ''];

function timeline(summary: SimulationSummary, { columns, style }: SimulationScreenOptions): string {
  const total = timelineEnd(summary);
  const rows = summary.fleets.flatMap(timelineRows).map((row) => {
    const times = row.isPast ? pastCells : [timeText(row.start.p50), ...cells(row.end, timeText)];
    return [style('bold', row.fleet), row.wave, ...times, style('cyan', bar(row, total))];
  });
  return table(timelineHeads, rows, columns);
}

const waitHeads: readonly Column[] = [
  { head: 'FLEET' },
  { head: 'WAITS FOR' },
  { head: 'DEVICES' },
  { head: '95%' },
  { head: 'WORST', drop: 2 },
  { head: 'LONGEST' },
  { head: '95%' },
  { head: 'WORST', drop: 1 },
];

/** What devices waited for; nothing where none did. */
function waitTable({ fleets }: SimulationSummary, { columns, style }: SimulationScreenOptions): string {
  const rows = fleets.flatMap(({ fleet, waits }) =>
    waits.map(({ code, link, devices, longest }) => [
      style('bold', fleet),
      link === undefined ? code : `${code} ${link}`,
      ...cells(devices, String),
      ...cells(longest, timeText),
    ]),
  );
  return rows.length === 0 ? '' : table(waitHeads, rows, columns);
}

const linkHeads: readonly Column[] = [
  { head: 'LINK' },
  { head: 'BYTES' },
  { head: '95%' },
  { head: 'WORST', drop: 1 },
  { head: 'COST' },
  { head: '95%' },
  { head: 'WORST', drop: 2 },
];

function linkTable({ links }: SimulationSummary, { columns, style }: SimulationScreenOptions): string {
  const rows = links.map((link) => [
    style('bold', link.link ?? 'no link told'),
    ...cells(link.bytes, bytesText),
    ...cells(link.price, priceText(link)),
  ]);
  return table(linkHeads, rows, columns);
}

function sideText({ name, commit }: PlanSide): string {
  return commit === undefined ? name : `${commit.id.slice(0, 7)} ${printable(JSON.stringify(commit.subject))} ${name}`;
}

function fileText({ asked: { status }, startMs }: ShownSimulation): string {
  if (status === undefined) return '';
  return `; by ${printable(status)}, which was told at ${minuteOf(new Date(startMs).toISOString())}: then the commit comes into force`;
}

function seedsText({ seeds, asked: { untilMs, failShare } }: ShownSimulation): string {
  const which =
    seeds.length === 1 ? `1, of seed ${seeds[0]}` : `${seeds.length}, of seeds ${seeds[0]} to ${seeds.at(-1)}`;
  const failing = failShare === 0 ? 'no update fails' : `${percent(failShare)} of the updates fail`;
  return `${which}, until all is done, ${span(untilMs)} at most; ${failing}`;
}

/** The fleet that is last. */
function lastOf(fleets: SimulationSummary['fleets']): Spread {
  const ends = ({ p50 = Number.POSITIVE_INFINITY }: Spread): number => p50;
  return fleets.map(({ all }) => all).reduce((last, all) => (ends(all) > ends(last) ? all : last));
}

function endText({ runs, fleets }: SimulationSummary): string {
  const { p50, p95 } = lastOf(fleets);
  const by = (ms: number | undefined): string => (ms === undefined ? 'not by the end' : `within ${span(ms)}`);
  const halted = Math.max(...fleets.map((fleet) => fleet.halted));
  const stops = halted === 0 ? 'No run halts.' : `${halted} of ${runs} runs halt.`;
  return `All devices run it ${by(p50)} in half of the runs, ${by(p95)} in 95 of 100. ${stops}`;
}

/** Limits for which the controller would refuse the commit: it is simulated as if somebody had said why. */
function refusals({ plan }: ShownSimulation, { columns, style }: SimulationScreenOptions): string {
  return plan.policy.problems.map((problem) => `${wrap(style('red', renderVerdict(problem)), columns)}\n`).join('');
}

/** The simulation for people. */
export function simulationScreen(shown: ShownSimulation, options: SimulationScreenOptions): string {
  const { plan, summary } = shown;
  const { columns, style } = options;
  const head = [`simulate  ${sideText(plan.next)}`, `base      ${sideText(plan.base)}`];
  if (summary === undefined)
    return `${head.join('\n')}\n\nNothing changes on any device: there is nothing to simulate.\n`;
  head.push(
    `known     ${toldText(shown)}${fileText(shown)}`,
    `runs      ${seedsText(shown)}`,
    `begins    ${beginningText(shown)}`,
    `contact   ${contactText(shown)}`,
    `by        ${methodText}`,
    `assumed   ${assumedText(shown)}`,
  );
  const notes = summary.fleets.flatMap((fleet) => fleetText(fleet, summary.runs) ?? []);
  return [
    `${head.map((line) => wrap(line, columns)).join('\n')}\n`,
    refusals(shown, options),
    timeline(summary, options),
    waitTable(summary, options),
    notes.map((note) => `${wrap(style('yellow', note), columns)}\n`).join(''),
    linkTable(summary, options),
    `${wrap(endText(summary), columns)}\n`,
  ]
    .filter((section) => section !== '')
    .join('\n');
}
