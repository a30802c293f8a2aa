import type { Clock } from '../../platform/ports.ts';

/** A moment whose age is known. */
export interface Sighting {
  /** How old it was when it was seen, as far as the clock then was to be believed. */
  readonly ageMs: number;
  /** When that was, on the monotonic clock. */
  readonly seenMs: number;
}

/** Before this no message was ever written: a clock that says so was never set. */
const earliestMs = Date.parse('2026-01-01T00:00:00Z');

/**
 * Judges once how old something is that is said to be from `at` and can't be older than `atMostMs`. From then on the monotonic
 * clock alone counts: a clock that jumps makes nothing older, and one that was never set makes things younger than they are,
 * which keeps them.
 */
export function sight(at: number, atMostMs: number, clock: Clock): Sighting {
  const nowMs = clock.now();
  const ageMs = at < earliestMs || at > nowMs ? 0 : nowMs - at;
  return { ageMs: Math.min(ageMs, atMostMs), seenMs: clock.monotonic() };
}

/** How old it is now, in milliseconds. */
export function ageOf({ ageMs, seenMs }: Sighting, clock: Clock): number {
  return ageMs + clock.monotonic() - seenMs;
}
