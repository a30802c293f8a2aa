import { chanceOf, oddsMax, oddsOf } from '../coding/logistic.ts';

/*
What a decision met before in one context is a slot of 16 bits: a chance of a one in 1/4096 above a count to 15, with its highest bit
turned, so that a slot of zero is "even, never seen". What a slot is worth is not taken for granted: a map of counters, by count and
level of the chance, learns it.

  counter, 32 bits:  22 bits of chance, less half | 10 bits of count
*/

/** Levels of a chance as maps tell them apart, even in odds. */
export const levels = 32;
/** Counters of one map: the level within the count. */
export const mapSize = 16 * levels;

const slotCountMax = 15;
const mapCountMax = 255;

const clamped = (odds: number): number => Math.max(-oddsMax, Math.min(oddsMax, odds));

/** The odds of a chance in 1/4096. */
export const oddsOfTwelve: Int16Array = Int16Array.from({ length: 4096 }, (_, chance) => oddsOf[chance * 16 + 8]!);
/** The level of a chance in 1/4096. */
export const levelOf: Uint8Array = Uint8Array.from(oddsOfTwelve, (odds) =>
  Math.max(0, Math.min(levels - 1, (odds + 16 * 128) >> 7)),
);

// What is left to learn from one more bit, by how many were seen: 65536 / (n + 1.6), never below a good fifth: what came last
// in a context says more than how often, and what that is worth maps learn.
/** What a slot learns from one more bit, in 1/65536, by how many it has seen. */
export const slotStep: Int32Array = Int32Array.from({ length: slotCountMax + 1 }, (_, seen) =>
  Math.max(15_000, Math.floor(655360 / (10 * seen + 16))),
);
// 8192 / (n + 1.5).
/** What a counter learns from one more bit, by how many it has seen. */
export const counterStep: Int32Array = Int32Array.from({ length: mapCountMax + 1 }, (_, seen) =>
  Math.floor(16384 / (2 * seen + 3)),
);

/** A counter of these odds that has seen so many bits. */
export const counterOf = (odds: number, seen: number): number =>
  ((chanceOf[clamped(odds) + oddsMax + 1]! * 64 - 0x200000) << 10) | seen;

/** The odds that a counter stands for. */
export const oddsOfCounter = (counter: number): number => oddsOf[(counter >> 16) + 0x8000]!;
