/** One rollout whole, all of them in a table, and those that are over. */
import type {
  DeviceEvent,
  FinishedRolloutStatus,
  FleetStatus,
  RolloutStatus,
  WaveStatus,
} from '../../schemas/generated/types.ts';
import { age, bar, minuteOf, span } from './quantities.ts';
import {
  allWavesOf,
  judgedOf,
  offeredOf,
  openWaveOf,
  placeWords,
  rolloutCell,
  rolloutStyles,
  sizeOf,
  waveWords,
} from './rollout-words.ts';
import type { ScreenOptions } from './shore-trouble.ts';
import { type Style, wrap } from './style.ts';
import { type Column, table } from './table.ts';

const eventsShownMax = 10;
const barWidth = 20;

/** How to draw: bars are for a terminal. */
export interface RolloutScreenOptions extends Omit<ScreenOptions, 'wide'> {
  readonly bars: boolean;
  readonly asOf: string;
}

/** A fleet with a rollout. */
export interface RollingFleet {
  readonly name: string;
  readonly rollout: RolloutStatus;
}

/** Those of these fleets whose changes go wave by wave. */
export function rollingFleets(fleets: readonly FleetStatus[]): RollingFleet[] {
  return fleets.flatMap(({ name, rollout }) => (rollout === undefined ? [] : [{ name, rollout }]));
}

/** `rollout/ships 3: running for 5m: why it stands there CODE`. */
export function rolloutTitle({ name, rollout }: RollingFleet, style: Style, asOf: string): string {
  const { state, number, reason } = rollout;
  const since = reason.since === undefined ? '' : ` for ${age(reason.since, asOf)}`;
  const head = `${style('bold', `rollout/${name}`)} ${number}: ${style(rolloutStyles[state], state)}${since}`;
  return `${head}: ${reason.message} ${style('dim', reason.code)}`;
}

function waveState({ state, approve, isApproved }: WaveStatus): string {
  if (isApproved) return `${state}, approved`;
  return approve === undefined ? state : `${state}, approve ${approve}`;
}

function progressCell(wave: WaveStatus, { bars, style }: RolloutScreenOptions): string {
  const { updated } = wave.counts;
  const judged = judgedOf(wave);
  const share = judged === 0 ? '-' : `${Math.floor((updated * 100) / judged)} %`;
  return bars ? `${style('cyan', bar(updated, judged, barWidth))} ${share}` : share;
}

/** `UNCHANGED` where a wave has such devices. */
const waveHeads = (unchanged: readonly Column[]): readonly Column[] => [
  { head: 'WAVE' },
  { head: 'STATE' },
  { head: 'DEVICES' },
  { head: 'WAITING' },
  { head: 'OFFERED', drop: 4 },
  { head: 'DARK' },
  { head: 'CONTACTED', drop: 1 },
  { head: 'STAGED', drop: 2 },
  { head: 'PROBATION', drop: 3 },
  { head: 'UPDATED' },
  { head: 'FAILED' },
  { head: 'HELD', drop: 5 },
  ...unchanged,
  { head: 'PROGRESS' },
];

function waveTable({ waves }: RolloutStatus, options: RolloutScreenOptions): string {
  const { style, columns } = options;
  const isAnyUnchanged = waves.some(({ counts }) => counts.unchanged > 0);
  const rows = waves.map((wave) => {
    const { waiting, held, dark, contacted, staged, probation, updated, unchanged, failed } = wave.counts;
    const counts = [sizeOf(wave), waiting, offeredOf(wave), dark, contacted, staged, probation, updated];
    const bad = failed === 0 ? '0' : style('red', String(failed));
    return [
      style('bold', wave.name),
      waveState(wave),
      ...counts.map(String),
      bad,
      String(held),
      ...(isAnyUnchanged ? [String(unchanged)] : []),
      progressCell(wave, options),
    ];
  });
  return table(waveHeads(isAnyUnchanged ? [{ head: 'UNCHANGED', drop: 6 }] : []), rows, columns);
}

/** Which commit began it. */
export function commitWords({ revision, subject, startedAt }: RolloutStatus, asOf: string): string {
  return `Commit ${revision.slice(0, 7)} ${JSON.stringify(subject)} began it ${age(startedAt, asOf)} ago.`;
}

/** Devices of waves that have passed. */
function stragglerLine({ stragglers }: RolloutStatus): string[] {
  if (stragglers === undefined) return [];
  const who =
    stragglers === 1 ? '1 device of a wave that has passed is' : `${stragglers} devices of waves that have passed are`;
  return [`${who} not through with it: each is offered it, or judged, when it is heard again.`];
}

/** Who waits for somebody's word, and how to give it. */
export function askingLine({ name, rollout: { asking } }: RollingFleet): string[] {
  if (asking === undefined) return [];
  const who = asking === 1 ? '1 device has no delta and asks' : `${asking} devices have no delta and ask`;
  return [`${who} to take modules whole: fleet rollout allow-whole ${name} -m WHY`];
}

const nextWords: Readonly<Record<string, string>> = {
  SOAKING: 'It goes on by itself',
  GATE_HOLDS: 'Patience with devices that are not heard ends',
};

/** What time alone does to it, and when. */
export function nextLine({ nextAt, reason }: RolloutStatus, asOf: string): string[] {
  if (nextAt === undefined) return [];
  const what = nextWords[reason.code] ?? 'It is looked at again';
  return [`${what} in ${span(Date.parse(nextAt) - Date.parse(asOf))}, at ${minuteOf(nextAt)}.`];
}

/** What happened last, newest first. */
export function eventLines(
  events: readonly DeviceEvent[],
  { asOf, style }: Pick<RolloutScreenOptions, 'asOf' | 'style'>,
): string[] {
  return events
    .toReversed()
    .slice(0, eventsShownMax)
    .map(({ at, message, code }) => `  ${age(at, asOf).padStart(6)} ago  ${message} ${style('dim', code)}`);
}

/** Blocks of lines, with an empty one between. */
export function blocksText(blocks: readonly (readonly string[])[], columns: number): string {
  const texts = blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => wrap(line, columns)).join('\n'));
  return `${texts.join('\n\n')}\n`;
}

/** One rollout: where it stands, its waves, what happened last. */
export function rolloutScreen(fleet: RollingFleet, options: RolloutScreenOptions): string {
  const { rollout } = fleet;
  const { asOf, style, columns } = options;
  const { events = [] } = rollout;
  const head = [rolloutTitle(fleet, style, asOf), commitWords(rollout, asOf), ...nextLine(rollout, asOf)];
  const last = events.length === 0 ? [] : ['What happened last:', ...eventLines(events, options)];
  return [
    blocksText([head], columns),
    waveTable(rollout, options),
    blocksText([[...stragglerLine(rollout), ...askingLine(fleet)], last], columns),
  ]
    .filter((text) => text.trim() !== '')
    .join('\n');
}

/** A line for each rollout. */
export function rolloutTable(fleets: readonly RollingFleet[], { style, columns, asOf }: RolloutScreenOptions): string {
  const rows = fleets.map(({ name, rollout }) => {
    return [
      style('bold', name),
      String(rollout.number),
      rolloutCell(rollout, style),
      rollout.waves[rollout.wave - 1]?.name ?? '-',
      rollout.isCounting ? '-' : waveWords(allWavesOf(rollout)),
      age(rollout.startedAt, asOf),
      rollout.revision.slice(0, 7),
      rollout.reason.message,
    ];
  });
  const heads: readonly Column[] = [
    ...[{ head: 'FLEET' }, { head: 'NUMBER', drop: 2 }, { head: 'STATE' }, { head: 'WAVE' }],
    ...[{ head: 'DEVICES', drop: 4 }, { head: 'AGE' }, { head: 'COMMIT', drop: 3 }, { head: 'WHY' }],
  ];
  return table(heads, rows, columns);
}

/** Plainly, for who reads lines: a change of one is a change of what is told. */
export function rolloutLine({ name, rollout }: RollingFleet): string {
  const { number, state, reason } = rollout;
  const open = openWaveOf(rollout);
  const place = open === undefined ? ':' : `, ${placeWords(rollout)}: ${waveWords(open)};`;
  return `${name} ${number} ${state}${place} ${reason.message} ${reason.code}`;
}

/** Rollouts that are over, newest first. */
export function finishedTable(
  finished: readonly FinishedRolloutStatus[],
  { style, columns, asOf }: RolloutScreenOptions,
): string {
  const rows = finished.map(({ number, outcome, state, revision, subject, startedAt, finishedAt, acts, reason }) => [
    String(number),
    style(outcome === 'done' ? 'green' : 'yellow', outcome === 'done' ? outcome : `${state}, ${outcome}`),
    age(finishedAt, asOf),
    span(Date.parse(finishedAt) - Date.parse(startedAt)),
    revision.slice(0, 7),
    subject,
    acts.map(({ act, who }) => `${act} by ${who}`).join(', ') || '-',
    reason.message,
  ]);
  const heads: readonly Column[] = [
    ...[{ head: 'NUMBER' }, { head: 'ENDED' }, { head: 'AGO' }, { head: 'TOOK', drop: 3 }, { head: 'COMMIT', drop: 4 }],
    ...[{ head: 'SUBJECT', drop: 2 }, { head: 'ACTS', drop: 1 }, { head: 'WHY' }],
  ];
  return table(heads, rows, columns);
}
