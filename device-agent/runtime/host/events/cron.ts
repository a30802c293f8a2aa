import { Cron } from 'croner';
import type { NextTime } from './schedule-source.ts';

/** The times of a cron expression in a time zone: what a change of the clocks leaves out or repeats comes once. */
export function cronTimes(expression: string, timeZone: string): NextTime {
  const cron = new Cron(expression, { timezone: timeZone, paused: true });
  return (afterMs) => cron.nextRun(new Date(afterMs))?.getTime();
}
