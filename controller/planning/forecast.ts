/**
 * By when how many of some devices will be heard that wait for contact, by the silences that each of them had, as if each came by
 * itself: a ship whose devices come together comes as one of them does.
 */
import { silenceMsMin, silenceOdds } from './contact-history.ts';

/** A device that waits: how long it used to be silent, and since when it is. */
export interface Waiting {
  readonly silences: string;
  readonly since: number;
}

/** When it is so far, in milliseconds since the epoch; absent where nobody can say. */
export interface Moments {
  /** Even odds. */
  readonly by?: number;
  /** 95 in 100. */
  readonly surelyBy?: number;
}

/** Of more devices that wait, so many stand for all. */
export const sampleMax = 200;

/** Its multiples are spread evenly over the whole numbers, and fall into step with nothing. */
const goldenRatio = (1 + Math.sqrt(5)) / 2;

/** Moments that are looked at, from now on: a quarter of an octave apart, up to half a year. */
const aheadMs = [0, ...Array.from({ length: 73 }, (_, at) => silenceMsMin * 2 ** (at / 4))];

/** One of each part of the list, never at the same place in it: where every third device is a radar, radars do not stand for all. */
function sampleOf<T>(all: readonly T[]): readonly T[] {
  if (all.length <= sampleMax) return all;
  const partLength = all.length / sampleMax;
  return Array.from({ length: sampleMax }, (_, at) => all[Math.floor((at + ((at * goldenRatio) % 1)) * partLength)]!);
}

/** For each number from none to all: the odds that at least so many come true of what has these odds each. */
function oddsOfAtLeast(odds: readonly number[]): Float64Array {
  const exactly = new Float64Array(odds.length + 1);
  exactly[0] = 1;
  for (const [seen, one] of odds.entries()) {
    for (let count = seen + 1; count > 0; count -= 1)
      exactly[count] = exactly[count]! * (1 - one) + exactly[count - 1]! * one;
    exactly[0] = exactly[0]! * (1 - one);
  }
  for (let count = odds.length - 1; count >= 0; count -= 1) exactly[count] = exactly[count]! + exactly[count + 1]!;
  return exactly;
}

/** How far ahead odds that grow are as good as `wanted`. */
function aheadOf(odds: readonly number[], wanted: number): number | undefined {
  const at = odds.findIndex((one) => one >= wanted);
  if (at === -1) return undefined;
  if (at === 0) return 0;
  const [from, to] = [odds[at - 1]!, odds[at]!];
  return aheadMs[at - 1]! + ((wanted - from) / (to - from)) * (aheadMs[at]! - aheadMs[at - 1]!);
}

/** For each of `counts`: when so many of these devices were heard. */
export function forecast(waiting: readonly Waiting[], counts: readonly number[], now: number): readonly Moments[] {
  const sample = sampleOf(waiting);
  const each = sample.map(({ silences, since }) => silenceOdds(silences, since, now));
  const atLeast = aheadMs.map((ahead) => oddsOfAtLeast(each.map((oddsBy) => oddsBy(ahead))));
  return counts.map((count) => {
    const needed = sample === waiting ? count : Math.ceil((count * sample.length) / waiting.length);
    const odds = atLeast.map((one) => one[needed] ?? 0);
    const [by, surelyBy] = [aheadOf(odds, 0.5), aheadOf(odds, 0.95)];
    return {
      ...(by === undefined ? {} : { by: now + by }),
      ...(surelyBy === undefined ? {} : { surelyBy: now + surelyBy }),
    };
  });
}
