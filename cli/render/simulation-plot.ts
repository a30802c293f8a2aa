/** The waves of a simulation as a picture: an SVG that needs nothing besides. Pure. */
import type { SimulationSummary } from '../../controller/simulation/summary.ts';
import { span } from './quantities.ts';
import { type TimelineRow, timelineEnd, timelineRows } from './simulation-timeline.ts';
import { timeText } from './simulation-words.ts';

const width = 960;
const left = 230;
const right = 170;
const top = 64;
const rowHeight = 30;
const barHeight = 16;
const ticksMax = 8;

const colours = {
  half: '#1f6feb',
  late: '#9ec5fe',
  worst: '#8b949e',
  grid: '#d8dee4',
  text: '#24292f',
  dim: '#57606a',
};

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const steps = [
  ...[minuteMs, 5 * minuteMs, 15 * minuteMs, hourMs, 3 * hourMs, 6 * hourMs, 12 * hourMs],
  ...[1, 2, 5, 10, 20, 50, 100].map((days) => days * dayMs),
];

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.codePointAt(0)};`);
}

function label(x: number, y: number, text: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escaped(text)}</text>`;
}

function rect(from: number, to: number, y: number, fill: string): string {
  const wide = Math.max(1.5, to - from);
  return `<rect x="${from.toFixed(1)}" y="${y.toFixed(1)}" width="${wide.toFixed(1)}" height="${barHeight}" rx="2" fill="${fill}"/>`;
}

/** Where a time is on the picture. */
type Place = (ms: number) => number;

function grid(total: number, place: Place, bottom: number): string[] {
  const step = steps.find((one) => total / one <= ticksMax) ?? total;
  return Array.from({ length: Math.floor(total / step) + 1 }, (_, at) => {
    const x = place(at * step);
    const line = `<line x1="${x.toFixed(1)}" y1="${top - 6}" x2="${x.toFixed(1)}" y2="${bottom}" stroke="${colours.grid}"/>`;
    return (
      line + label(x, top - 12, at === 0 ? 'begin' : span(at * step), `text-anchor="middle" fill="${colours.dim}"`)
    );
  });
}

/** From its start to its end in half of the runs, on to its end in 95 of 100, and a mark at the worst. */
function row({ fleet, wave, isPast, start, end }: TimelineRow, y: number, place: Place, total: number): string[] {
  const middle = y + barHeight / 2;
  const name = label(left - 12, middle + 4, `${fleet}: ${wave}`, `text-anchor="end" fill="${colours.text}"`);
  const ends = label(
    width - right + 12,
    middle + 4,
    isPast ? 'passed' : `${timeText(end.p50)} … ${timeText(end.p95)}`,
    `fill="${colours.dim}"`,
  );
  if (start.p50 === undefined) return [name, ends];
  const [from, late] = [place(Math.max(0, start.p50)), place(end.p95 ?? total)];
  const half = end.p50 === undefined ? [] : [rect(from, place(end.p50), y, colours.half)];
  const worst = end.worst === undefined ? [] : [rect(place(end.worst), place(end.worst), y, colours.worst)];
  return [name, rect(from, late, y, colours.late), ...half, ...worst, ends];
}

function legend(y: number): string[] {
  const entries = [
    [colours.half, 'in half of the runs'],
    [colours.late, 'in 95 of 100'],
    [colours.worst, 'the worst'],
  ] as const;
  return entries.flatMap(([fill, text], at) => {
    const x = left + at * 170;
    return [rect(x, x + 20, y, fill), label(x + 28, y + 12, text, `fill="${colours.dim}"`)];
  });
}

/** `heading` stands above it. */
export function simulationPlot(summary: SimulationSummary, heading: string): string {
  const rows = summary.fleets.flatMap(timelineRows);
  const total = Math.max(timelineEnd(summary), ...rows.map(({ end }) => end.worst ?? 0));
  const bottom = top + rows.length * rowHeight;
  const place: Place = (ms) => left + (Math.min(ms, total) / total) * (width - left - right);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 44}" width="${width}" height="${bottom + 44}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    label(12, 24, heading, `font-size="15" font-weight="600" fill="${colours.text}"`),
    ...grid(total, place, bottom),
    ...rows.flatMap((one, at) => row(one, top + at * rowHeight + (rowHeight - barHeight) / 2, place, total)),
    ...legend(bottom + 16),
    '</svg>\n',
  ].join('\n');
}
