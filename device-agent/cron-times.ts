import { Cron } from 'croner';

/** The first time of a schedule after `afterMs`; undefined where there is none any more. Milliseconds since the epoch. */
export type NextTime = (afterMs: number) => number | undefined;

/** The times of a cron expression in a time zone: what a change of the clocks leaves out or repeats comes once. */
export function cronTimes(expression: string, timeZone: string): NextTime {
  const cron = new Cron(expression, { timezone: timeZone, paused: true });
  return (afterMs) => cron.nextRun(new Date(afterMs))?.getTime();
}
