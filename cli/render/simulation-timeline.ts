/** The lines of a simulation's timeline: the waves of each fleet, then all its devices. Pure. */
import type { FleetSummary, SimulationSummary, Spread } from '../../controller/simulation/summary.ts';

/** A line of the timeline. */
export interface TimelineRow {
  readonly fleet: string;
  readonly wave: string;
  /** It had passed before the beginning. */
  readonly isPast?: true;
  readonly start: Spread;
  readonly end: Spread;
}

const atOnce: Spread = { p50: 0, p95: 0, worst: 0 };

/** The waves of a fleet, then all its devices. */
export function timelineRows({ fleet, waves, all }: FleetSummary): TimelineRow[] {
  return [...waves.map((wave) => ({ fleet, ...wave })), { fleet, wave: 'all devices', start: atOnce, end: all }];
}

/** Room behind the latest that is told, for what never comes. */
const roomForNever = 1.25;

/** Until when the timeline goes. */
export function timelineEnd({ fleets }: SimulationSummary): number {
  const rows = fleets.flatMap(timelineRows).filter(({ isPast }) => isPast !== true);
  const told = rows.flatMap(({ start, end }) => [start.p50, end.p50, end.p95]);
  const latest = Math.max(1, ...told.map((time) => time ?? 0));
  return told.includes(undefined) ? latest * roomForNever : latest;
}
