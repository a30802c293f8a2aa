/** Rollouts in words: what becomes of a wave's devices, and what can be done. */
import type {
  FleetStatus,
  RolloutState,
  RolloutStatus,
  WaveCounts,
  WaveStatus,
} from '../../schemas/generated/types.ts';
import type { ScreenOptions } from './shore-trouble.ts';
import { type Style, type StyleName, wrap } from './style.ts';

/** The colour of a rollout's state. */
export const rolloutStyles: Readonly<Record<RolloutState, StyleName>> = {
  running: 'cyan',
  paused: 'yellow',
  halted: 'red',
  reverting: 'red',
  done: 'green',
};

/** All devices of a wave. */
export function sizeOf({ counts }: Pick<WaveStatus, 'counts'>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function sumOf(waves: readonly WaveStatus[], name: keyof WaveCounts): number {
  return waves.reduce((sum, { counts }) => sum + counts[name], 0);
}

/** All waves of a rollout as if they were one. */
export function allWavesOf({ waves }: RolloutStatus): Pick<WaveStatus, 'counts'> {
  const of = (name: keyof WaveCounts): number => sumOf(waves, name);
  return {
    counts: {
      ...{ waiting: of('waiting'), held: of('held'), dark: of('dark'), contacted: of('contacted') },
      ...{ staged: of('staged'), probation: of('probation'), updated: of('updated') },
      ...{ unchanged: of('unchanged'), failed: of('failed') },
    },
  };
}

/** Those that its gate judges by: who is held is waited for by nobody, and who ran it before shows nothing. */
export function judgedOf(wave: Pick<WaveStatus, 'counts'>): number {
  return sizeOf(wave) - wave.counts.held - wave.counts.unchanged;
}

/** Those that were offered it, whatever became of that. */
export function offeredOf(wave: Pick<WaveStatus, 'counts'>): number {
  return judgedOf(wave) - wave.counts.waiting;
}

const countWords: readonly (readonly [keyof WaveCounts, string])[] = [
  ['failed', 'failed'],
  ['probation', 'on probation'],
  ['staged', 'staged'],
  ['contacted', 'contacted'],
  ['dark', 'dark'],
  ['waiting', 'waiting'],
  ['held', 'held'],
  ['unchanged', 'unchanged'],
];

/** `1 of 4 updated, 1 failed, 2 waiting`. */
export function waveWords(wave: Pick<WaveStatus, 'counts'>): string {
  const { counts } = wave;
  const others = countWords.flatMap(([name, words]) => (counts[name] === 0 ? [] : [`${counts[name]} ${words}`]));
  return [`${counts.updated} of ${judgedOf(wave)} updated`, ...others].join(', ');
}

/** The wave that is open, as far as its devices are counted. */
export function openWaveOf({ state, waves, wave, isCounting }: RolloutStatus): WaveStatus | undefined {
  return state === 'done' || isCounting ? undefined : waves[wave - 1];
}

/** `wave 1 of 2 canary`. */
export function placeWords({ wave, waves }: RolloutStatus): string {
  return `wave ${wave} of ${waves.length} ${waves[wave - 1]?.name ?? ''}`.trimEnd();
}

function stragglerWords({ stragglers }: RolloutStatus): string[] {
  if (stragglers === undefined) return [];
  return [`${stragglers} ${stragglers === 1 ? 'device is' : 'devices are'} behind`];
}

/** How far it is, in the cell of a table. */
export function rolloutCell(rollout: RolloutStatus | undefined, style: Style): string {
  if (rollout === undefined) return style('dim', 'all at once');
  const { state, wave, waves } = rollout;
  const place = state === 'done' ? '' : ` ${wave}/${waves.length}`;
  return style(rolloutStyles[state], `${state}${place}`);
}

/** `2 devices ask to take modules whole`. */
function askingWords({ asking }: RolloutStatus): string[] {
  if (asking === undefined) return [];
  return [`${asking} ${asking === 1 ? 'device asks' : 'devices ask'} to take modules whole`];
}

function lineOf(fleet: string, rollout: RolloutStatus, style: Style): string[] {
  const { state, number, reason } = rollout;
  if (state === 'done' && rollout.stragglers === undefined && rollout.asking === undefined) return [];
  const open = openWaveOf(rollout);
  const parts = [
    ...(open === undefined ? [] : [`${placeWords(rollout)}: ${waveWords(open)}`]),
    ...stragglerWords(rollout),
    ...askingWords(rollout),
    `${reason.message} ${style('dim', reason.code)}`,
  ];
  return [`${fleet}: rollout ${number} ${style(rolloutStyles[state], state)}, ${parts.join('; ')}`];
}

/** A line for each rollout that is not over. */
export function rolloutLines(fleets: readonly FleetStatus[], { style, columns }: ScreenOptions): string {
  return fleets
    .flatMap(({ name, rollout }) => (rollout === undefined ? [] : lineOf(name, rollout, style)))
    .map((line) => `${wrap(line, columns)}\n`)
    .join('');
}
