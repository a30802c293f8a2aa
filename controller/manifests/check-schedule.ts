import { Cron } from 'croner';
import type { FileFinding, ValuePath } from './finding.ts';
import { valueAt } from './schema-violation.ts';

type Report = (path: ValuePath, part: FileFinding['part'], code: string, message: string) => void;

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** From when on an expression is looked at for a time: what is right is right for ever, and no commit is refused as time goes by. */
const anyTime = new Date(Date.UTC(2000, 0));

/** Why an expression is no schedule; undefined when it is one. */
function scheduleFault(expression: string): string | undefined {
  // Nicknames, single dates and years, which the library takes too, are none.
  const fields = expression.trim().split(/\s+/).length;
  if (fields < 5 || fields > 6) return `it has ${fields} field${fields === 1 ? '' : 's'}, and a schedule five or six`;
  try {
    const cron = new Cron(expression, { timezone: 'UTC', paused: true });
    return cron.nextRun(anyTime) === null ? 'there is no such day' : undefined;
  } catch (error) {
    return (error as Error).message.replace(/^CronPattern: /, '');
  }
}

/** Checks that the cron expression and the time zone at `path` can be followed. */
export function checkSchedule(value: unknown, path: ValuePath, report: Report): void {
  const [cron, timeZone] = [valueAt(value, [...path, 'cron']), valueAt(value, [...path, 'timeZone'])];
  const fault = typeof cron === 'string' ? scheduleFault(cron) : undefined;
  if (fault !== undefined) report([...path, 'cron'], 'value', 'BAD_SCHEDULE', `"${cron}" is no schedule: ${fault}`);
  if (typeof timeZone === 'string' && /^[-+]/.test(timeZone)) {
    const message = `"${timeZone}" is an offset, which knows no summer time; write an IANA name such as Europe/Oslo, or Etc/GMT-2 for two hours ahead of UTC all year`;
    report([...path, 'timeZone'], 'value', 'UNKNOWN_TIME_ZONE', message);
  } else if (typeof timeZone === 'string' && !isTimeZone(timeZone)) {
    const message = `there is no time zone "${timeZone}"; write an IANA name such as Europe/Oslo`;
    report([...path, 'timeZone'], 'value', 'UNKNOWN_TIME_ZONE', message);
  }
}
