/**
 * A wave whose deltas are still being made does not start, where its fleet has `bytes`: devices that are told at once would find
 * nothing but the whole modules.
 */
import { toTheMinute } from '../moments.ts';
import type { RolloutPolicy } from './policy.ts';
import type { Rollout } from './rollout.ts';

/** Deltas to what a rollout brings, from what the devices of a wave have. */
export interface DeltaCount {
  readonly all: number;
  /** Of these so many are still to be made. What can't be made is not waited for. */
  readonly open: number;
}

/** While nobody knows how many they are waited for. */
export type Deltas = DeltaCount | 'unknown';

/** Where all are there. */
export const noneOpen: DeltaCount = { all: 0, open: 0 };

/** By the index of a wave. */
export type DeltasOf = (wave: number) => Deltas;

/** Whether this wave, which is the open one, has not started, since deltas are waited for. */
export function awaitsDeltas({ bytes }: RolloutPolicy, { readyWave = -1 }: Rollout, wave: number): boolean {
  return bytes !== undefined && readyWave < wave;
}

function countText(deltas: Deltas): string {
  return deltas === 'unknown' ? 'deltas' : `${deltas.open} of ${deltas.all} deltas`;
}

/** What a wave waits for. */
export function awaitedText(wave: string, deltas: Deltas, endsAt: number): string {
  return `wave ${wave} waits for ${countText(deltas)} to what it brings, until ${toTheMinute(endsAt)}`;
}

/** What there was not when patience was over. */
export function lateText(wave: string, deltas: Deltas): string {
  return `wave ${wave} starts without ${countText(deltas)}: patience for them is over`;
}
