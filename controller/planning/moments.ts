/** Moments in milliseconds since the epoch, written out in UTC. */

/** As documents have it: `2026-03-01T06:30:15.000Z`. */
export function momentOf(ms: number): string {
  return new Date(ms).toISOString();
}

/** For people: `2026-03-01T06:30Z`. */
export function toTheMinute(ms: number): string {
  return `${momentOf(ms).slice(0, 16)}Z`;
}

/** For people, where minutes are too long: `2026-03-01T06:30:15Z`. */
export function toTheSecond(ms: number): string {
  return `${momentOf(ms).slice(0, 19)}Z`;
}
