/**
 * What is known of the silences that a link bears. What translates addresses on the way forgets who says nothing for some minutes; nobody
 * tells after how many, so it is found out by sessions that are there still after a silence, or are not. Pure.
 *
 *     0 ────────── heldMs ─────── dueMs ─────── endedMs ──────── longestMs
 *       is borne          is tried        ends sessions
 */
export interface Silences {
  /** After a silence of so long a session was there still. */
  readonly heldMs: number;
  /** After one of so long it was not, and a new one was taken at once; undefined where that has not been seen. */
  readonly endedMs?: number;
  /** The longest that ended one. */
  readonly longestMs: number;
  /** Signs that were answered since a silence ended a session. */
  readonly answers: number;
  /** After so many of them it is tried whether the link bears more by now. */
  readonly patience: number;
}

const firstPatience = 8;
/** Some twenty hours of signs. */
const patienceMax = 512;

/** Signs that come more often cost some 400 kB a day, more than twice what a session does that is found dead every twenty minutes. */
const leastMs = 60_000;

/** Who is so near to what ends sessions has found it. */
const nearness = 1.5;

/** Of a link that was never seen before. */
export const unknownSilences: Silences = { heldMs: 0, longestMs: 0, answers: 0, patience: firstPatience };

/** A session was there after a silence. Where such a one had ended another, that was something else, or is mended. */
export function afterHeld(known: Silences, silenceMs: number): Silences {
  const { heldMs, endedMs, answers } = known;
  if (endedMs !== undefined && silenceMs >= endedMs) return { ...unknownSilences, heldMs: silenceMs };
  return { ...known, heldMs: Math.max(heldMs, silenceMs), answers: answers + 1 };
}

/** A session was gone after a silence, and a new one was taken at once. */
export function afterEnded({ heldMs, endedMs, longestMs, patience }: Silences, silenceMs: number): Silences {
  return {
    // What is borne no more says nothing of what lies below it.
    heldMs: heldMs < silenceMs ? heldMs : 0,
    endedMs: Math.min(endedMs ?? silenceMs, silenceMs),
    longestMs: Math.max(longestMs, silenceMs),
    answers: 0,
    patience: endedMs === undefined ? firstPatience : Math.min(patience * 2, patienceMax),
  };
}

/** The silence after which a session has to give a sign so that it is not forgotten; undefined where no link is known to need that. */
export function dueMs({ heldMs, endedMs, answers, patience }: Silences): number | undefined {
  const low = Math.max(heldMs, leastMs);
  if (endedMs === undefined || endedMs <= low) return undefined;
  if (answers >= patience) return endedMs;
  return endedMs / low <= nearness ? low : Math.round(Math.sqrt(low * endedMs) / 1000) * 1000;
}
