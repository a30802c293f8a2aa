/**
 * How long a device used to be silent before it was heard again, and what that says of when it will be heard. Not a log: a digit for
 * each class of lengths counts the silences in it, the classes being half an octave wide from a minute on:
 *
 *     "000013002"   one silence of 4 to 5.7 minutes, three of 5.7 to 8, two of 16 to 22.6
 *
 * Once there are as many as a digit holds all are halved, so that what a device does lately counts more than what it did last year.
 */

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Classes; the last begins at 128 days, and has all that is longer too. */
export const silenceClasses = 36;

/** A shorter one is a link that flickers. */
export const silenceMsMin = 60_000;

/** Where classes begin, and the last one ends. */
const bounds = Array.from({ length: silenceClasses + 1 }, (_, at) => Math.round(silenceMsMin * 2 ** (at / 2)));

/** Of fewer silences nobody can say anything. */
export const silencesMin = 4;

/** Silences that are remembered at most. */
export const silencesMax = digits.length - 1;

/** What the silences of a device say of when it will be heard. Times in milliseconds since the epoch, spans in milliseconds. */
export type Expectation =
  /** It has not been silent often enough. */
  | { readonly kind: 'no-basis'; readonly silences: number }
  /** It is silent for longer than it ever was, as far as is remembered. */
  | { readonly kind: 'overdue'; readonly silences: number; readonly usualMs: number }
  | {
      readonly kind: 'expected';
      readonly silences: number;
      /** Half of its silences were shorter. */
      readonly usualMs: number;
      /** Even odds that it is heard by then. */
      readonly byMs: number;
      /** 95 in 100; absent where it was not silent often enough to tell. */
      readonly surelyByMs?: number;
    };

function countsOf(silences: string): number[] {
  return Array.from(silences, (digit) => digits.indexOf(digit));
}

function totalOf(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

/** What is left over of a class is counted with the longer ones: of all that are at most so long there is half, to within one. */
function halved(counts: readonly number[]): number[] {
  let rest = 0;
  return counts.map((count) => {
    const all = count + rest;
    rest = all % 2;
    return (all - rest) / 2;
  });
}

function textOf(counts: readonly number[]): string {
  const text = counts.map((count) => digits[count]!).join('');
  return text.replace(/0+$/, '');
}

/** The silences of a device with one more; one that is too short, or ran backwards as a clock was set back, does not count. */
export function withSilence(silences: string, ms: number): string {
  if (!(ms >= silenceMsMin)) return silences;
  const last = Math.min(
    silenceClasses - 1,
    bounds.findLastIndex((bound) => bound <= ms),
  );
  const before = countsOf(silences.padEnd(last + 1, '0'));
  const counts = totalOf(before) < silencesMax ? before : halved(before);
  return textOf(counts.with(last, counts[last]! + 1));
}

/** How many of these were longer than so long, as if those of a class were spread evenly over it. */
function longerThan(counts: readonly number[], ms: number): number {
  return counts.reduce((total, count, at) => {
    const [from, to] = [bounds[at]!, bounds[at + 1]!];
    return total + count * Math.min(1, Math.max(0, (to - ms) / (to - from)));
  }, 0);
}

/** How long a silence is that only so many are longer than; undefined when there are not as many. */
function lengthWith(counts: readonly number[], longer: number): number | undefined {
  let left = totalOf(counts);
  for (const [at, count] of counts.entries()) {
    if (count > 0 && left - count <= longer) {
      const share = Math.max(0, (left - longer) / count);
      return bounds[at]! + share * (bounds[at + 1]! - bounds[at]!);
    }
    left -= count;
  }
  return undefined;
}

/**
 * The length by which, with these odds, a silence is over that is so long already. One that is longer than all is added to those that
 * were seen: nobody knows that there is none. Undefined when the odds are never as good.
 */
function lengthBy(counts: readonly number[], elapsedMs: number, odds: number): number | undefined {
  const longer = longerThan(counts, elapsedMs);
  const stillLonger = longer - odds * (longer + 1);
  return stillLonger < 0 ? undefined : lengthWith(counts, stillLonger);
}

/** When a device is expected that was heard last at `since`. */
export function expectContact(silences: string, since: number, now: number): Expectation {
  const counts = countsOf(silences);
  const total = totalOf(counts);
  if (total < silencesMin) return { kind: 'no-basis', silences: total };
  const usualMs = lengthWith(counts, total / 2)!;
  const elapsedMs = Math.max(0, now - since);
  const half = lengthBy(counts, elapsedMs, 0.5);
  if (half === undefined) return { kind: 'overdue', silences: total, usualMs };
  const most = lengthBy(counts, elapsedMs, 0.95);
  return {
    ...{ kind: 'expected', silences: total, usualMs, byMs: now - elapsedMs + half },
    ...(most === undefined ? {} : { surelyByMs: now - elapsedMs + most }),
  };
}

/** The odds that a device that was heard last at `since` is heard within so long from now, by how long; none where there is no basis. */
export function silenceOdds(silences: string, since: number, now: number): (aheadMs: number) => number {
  const counts = countsOf(silences);
  if (totalOf(counts) < silencesMin) return () => 0;
  const elapsedMs = Math.max(0, now - since);
  const longer = longerThan(counts, elapsedMs);
  return (aheadMs) => (longer - longerThan(counts, elapsedMs + aheadMs)) / (longer + 1);
}

/** Whether there were silences enough to say something. */
export function hasBasis(silences: string): boolean {
  return totalOf(countsOf(silences)) >= silencesMin;
}

/**
 * How much longer a silence lasts that has lasted so long, drawn from those that were seen; of one that is longer than all of them
 * nothing is known, and it is drawn as if it began now. `fraction` is chance, in [0, 1). Undefined where there is no basis.
 */
export function drawSilence(silences: string, elapsedMs: number, fraction: number): number | undefined {
  const counts = countsOf(silences);
  if (totalOf(counts) < silencesMin) return undefined;
  const longer = longerThan(counts, elapsedMs);
  const from = longer > 0 ? elapsedMs : 0;
  return lengthWith(counts, fraction * (longer > 0 ? longer : totalOf(counts)))! - from;
}
