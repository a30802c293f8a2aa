/** Days and months by UTC, numbered from 1970 on. Pure. */

/** How long a budget lasts. */
export type Period = 'day' | 'month';

const dayMs = 86_400_000;
const monthsInYear = 12;

/** The number of the period that a moment lies in. */
export function periodAt(per: Period, ms: number): number {
  if (per === 'day') return Math.floor(ms / dayMs);
  const date = new Date(ms);
  return (date.getUTCFullYear() - 1970) * monthsInYear + date.getUTCMonth();
}

/** When a period begins, in milliseconds since the epoch. */
export function periodStart(per: Period, number: number): number {
  return per === 'day' ? number * dayMs : Date.UTC(1970, number);
}
