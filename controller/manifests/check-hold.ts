/** What of a device's hold its shape does not show: that its end is a day of the calendar. */
import { isDay } from '../../schemas/moment.ts';
import type { FileFinding, ValuePath } from './finding.ts';
import { valueAt } from './schema-violation.ts';

type Report = (path: ValuePath, part: FileFinding['part'], code: string, message: string) => void;

const end: ValuePath = ['spec', 'hold', 'until'];

/** `2026-02-30`, as it stands at the beginning of a moment. */
const dayForm = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T/;

/** Checks that a hold ends on a day that there is. */
export function checkHold(value: unknown, report: Report): void {
  const until = valueAt(value, end);
  if (typeof until !== 'string' || !dayForm.test(until) || isDay(until)) return;
  const [year, month, day] = until.slice(0, 10).split('-').map(Number);
  const last = new Date(Date.UTC(year!, month!, 0)).getUTCDate();
  const message = `spec.hold.until is on day ${day} of a month that has ${last}; write a day that there is, such as ${until.slice(0, 8)}${last}`;
  report(end, 'value', 'BAD_VALUE', message);
}
