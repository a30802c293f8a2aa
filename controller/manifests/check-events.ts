/** What of an application's trigger its shape does not show. */
import { checkSchedule } from './check-schedule.ts';
import type { FileFinding, ValuePath } from './finding.ts';
import { hint } from './nearest-name.ts';
import { valueAt } from './schema-violation.ts';

type Report = (path: ValuePath, part: FileFinding['part'], code: string, message: string) => void;

function checkInstance(value: unknown, report: Report): void {
  const path: ValuePath = ['spec', 'events'];
  const isKept = valueAt(value, [...path, 'instance']) === 'kept';
  const hasHandler = valueAt(value, [...path, 'handler']) !== undefined;
  if (isKept && !hasHandler) {
    const message = 'a kept instance is called at a function that it exports; add spec.events.handler';
    report([...path, 'instance'], 'value', 'NO_HANDLER', message);
  }
  if (hasHandler && !isKept) {
    const message = 'only a kept instance is called at a handler; add instance: kept';
    report([...path, 'handler'], 'key', 'NO_KEPT_INSTANCE', message);
  }
  if (valueAt(value, [...path, 'snapshots']) !== undefined) checkState(value, [...path, 'snapshots'], report);
  const handover: ValuePath = ['spec', 'handover'];
  if (!['none', undefined].includes(valueAt(value, handover) as string)) checkState(value, handover, report);
}

/** A state is that of one instance with one memory. */
function checkState(value: unknown, path: ValuePath, report: Report): void {
  const concurrency = valueAt(value, ['spec', 'events', 'concurrency']);
  const faults: readonly [boolean, string, string][] = [
    [
      valueAt(value, ['spec', 'events', 'instance']) !== 'kept',
      'NO_KEPT_INSTANCE',
      'only a kept instance has a state between two events; add spec.events.instance: kept',
    ],
    [
      typeof concurrency === 'number' && concurrency > 1,
      'SEVERAL_STATES',
      `a state is kept of one instance, and there may be ${concurrency}; remove spec.events.concurrency`,
    ],
    [
      valueAt(value, ['spec', 'links']) !== undefined,
      'SEVERAL_STATES',
      'a state is kept of one module, and others are linked to it; remove spec.links',
    ],
  ];
  for (const [isWrong, code, message] of faults) if (isWrong) report(path, 'key', code, message);
}

/** Checks what the trigger of an application names: times, a time zone, a channel that it reads. */
export function checkEvents(value: unknown, report: Report): void {
  checkSchedule(value, ['spec', 'trigger', 'schedule'], report);
  const path: ValuePath = ['spec', 'trigger', 'message', 'channel'];
  const channel = valueAt(value, path);
  const read = Object.keys(valueAt(value, ['spec', 'channels', 'in']) ?? {});
  if (typeof channel === 'string' && !read.includes(channel)) {
    const message = `it reads no channel "${channel}"; ${hint(channel, read, 'channel under spec.channels.in')}`;
    report(path, 'value', 'UNKNOWN_CHANNEL', message);
  }
  checkInstance(value, report);
  const hasEvents = valueAt(value, ['spec', 'events']) !== undefined;
  if (hasEvents && valueAt(value, ['spec', 'trigger']) === undefined) {
    report(['spec', 'events'], 'key', 'NO_TRIGGER', 'without a trigger it has no events; add spec.trigger');
  }
}
