/** What went over a link, as numbers that survive a restart. Pure. */
import { type Flow, withFlow } from './observed-rate.ts';
import { type Period, periodAt } from './period.ts';

/** Bytes of one period. */
export interface PeriodCount {
  /** The number of the period. */
  readonly number: number;
  /** The number of the period that something signed had shown when it began: the clock may have been anywhere. */
  readonly proved: number;
  readonly bytes: number;
}

/** What went over one link. */
export interface LinkCount {
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
  readonly bytes: number;
  readonly day: PeriodCount;
  readonly month: PeriodCount;
  /** When something of a module came over it last, in milliseconds since the epoch. */
  readonly modulesMs?: number;
  /** How fast, as `observed-rate.ts` keeps it. */
  readonly rates?: readonly number[];
}

/** Agent time, and what of it something signed has shown. */
export interface Times {
  readonly nowMs: number;
  readonly provedMs: number;
}

/**
 * Whether another period has begun. A clock that is set back begins none. One that stood far ahead when the count began would
 * end it late: then what is signed says when a period is over.
 */
function isOver(count: PeriodCount, number: number, proved: number): boolean {
  if (number > count.number) return true;
  return count.number - number > 1 && proved > count.proved;
}

/** The count of the period that it is now. */
export function countNow(count: PeriodCount | undefined, per: Period, { nowMs, provedMs }: Times): PeriodCount {
  const [number, proved] = [periodAt(per, nowMs), periodAt(per, provedMs)];
  return count === undefined || isOver(count, number, proved) ? { number, proved, bytes: 0 } : count;
}

function withBytes(count: PeriodCount, bytes: number): PeriodCount {
  return { ...count, bytes: count.bytes + bytes };
}

/** So many bytes more. */
export function counted(count: LinkCount | undefined, bytes: number, times: Times): LinkCount {
  return {
    ...count,
    sinceMs: count?.sinceMs ?? times.nowMs,
    bytes: (count?.bytes ?? 0) + bytes,
    day: withBytes(countNow(count?.day, 'day', times), bytes),
    month: withBytes(countNow(count?.month, 'month', times), bytes),
  };
}

/** Something of a module came. */
export function withModules(count: LinkCount | undefined, flow: Flow, times: Times): LinkCount {
  const { rates, ...rest } = counted(count, 0, times);
  const known = withFlow(rates, flow);
  return { ...rest, modulesMs: times.nowMs, ...(known.length === 0 ? {} : { rates: known }) };
}
